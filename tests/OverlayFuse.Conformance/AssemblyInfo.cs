using NUnit.Framework;

// Engines share nothing: each has its mount, each case its thread.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(2)]
