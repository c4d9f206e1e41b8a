using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using NUnit.Framework.Internal;

namespace OverlayFuse.Union.Tests;

/// <summary>Seeds of random tests: few, many with OVERLAYFUSE_LONG=1, or those that OVERLAYFUSE_SEEDS=FIRST+COUNT names.</summary>
internal static class Seeds
{
    private const int Long = 40;

    // FsCheck's generator goes on by adding: the numbers of one seed must not come again a few steps later in those of another.
    private const ulong Step = 0x9E3779B97F4A7C15;
    private const ulong Apart = 0xD1B54A32D192ED03;

    public static IEnumerable<int> Taken(int quick)
    {
        if (Environment.GetEnvironmentVariable("OVERLAYFUSE_SEEDS")?.Split('+') is [var first, .. var count])
            return Enumerable.Range(int.Parse(first, CultureInfo.InvariantCulture), count is [var many] ? int.Parse(many, CultureInfo.InvariantCulture) : 1);
        return Enumerable.Range(1, Environment.GetEnvironmentVariable("OVERLAYFUSE_LONG") == "1" ? Long * quick : quick);
    }

    /// <summary>Tries so many cases of a seed. FsCheck goes on from failure to smaller failure: the last one is what is shown.</summary>
    public static void Try<T>(int seed, int cases, Arbitrary<T> generator, Func<T, bool> holds)
    {
        var smallest = "";
        try
        {
            Check.One(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(cases).WithReplay((ulong)seed * Apart, Step), Prop.ForAll(generator, example =>
            {
                using var unseen = new TestExecutionContext.IsolatedContext(); // assertions that fail on the way
                try
                {
                    return holds(example);
                }
                catch (Exception e)
                {
                    smallest = e.Message;
                    return false;
                }
            }));
        }
        catch (Exception e) when (smallest.Length > 0)
        {
            Assert.Fail($"seed {seed}: {smallest}\n{e.Message.Split('\n')[0]}");
        }
    }
}
