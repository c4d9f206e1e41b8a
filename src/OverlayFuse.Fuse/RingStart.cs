using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>Waits until a number of threads have their rings, and until the kernel has them; keeps the first error.</summary>
internal sealed class RingStart(int threads)
{
    private readonly CountdownEvent _made = new(threads);
    private readonly CountdownEvent _registered = new(threads);
    private int _error;

    public void Made(Errno error) => Count(_made, error);

    public void Registered(Errno error) => Count(_registered, error);

    public Errno AwaitMade() => Await(_made);

    public Errno AwaitRegistered() => Await(_registered);

    private void Count(CountdownEvent what, Errno error)
    {
        if (error != Errno.None) Interlocked.CompareExchange(ref _error, (int)error, 0);
        what.Signal();
    }

    private Errno Await(CountdownEvent what)
    {
        what.Wait();
        return (Errno)_error;
    }
}
