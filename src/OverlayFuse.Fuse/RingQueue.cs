namespace OverlayFuse.Fuse;

/// <summary>What the kernel has to send from one processor, and how many threads wait for it. The kernel gives a request to the thread that rested last.</summary>
/// <remarks>
/// A request that comes while none rests is kept back until the next answer of its queue, and not given to a thread that is added meanwhile. So further ones are added
/// while there are still some: only where <see cref="Reserve"/> and one more come within the time that a thread takes to start need one of them wait for another.
/// </remarks>
internal sealed class RingQueue(int number)
{
    /// <summary>Threads that should rest while others serve.</summary>
    public const int Reserve = 2;

    private int _resting;

    /// <summary>The number of the processor.</summary>
    public int Number { get; } = number;

    /// <summary>A thread takes requests: to be told when it is started, and after each answer before the kernel is.</summary>
    public void Rests() => Interlocked.Increment(ref _resting);

    /// <summary>A thread has taken a request. True: too few are left to take others.</summary>
    public bool Begins() => Interlocked.Decrement(ref _resting) < Reserve;
}
