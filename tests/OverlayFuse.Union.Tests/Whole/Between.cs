using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Lets something happen once, just before a certain system call of those who are watched: what another thread might have done in between.</summary>
/// <param name="call">Which call.</param>
/// <param name="name">The name that it is about; empty: any.</param>
/// <param name="action">What happens; on a thread of its own where it needs locks, for the one that calls may hold some.</param>
internal sealed class Between(SyscallName call, string name, Action action) : ISyscallWatcher
{
    private const int Patience = 10_000;
    private const int SureAfter = 20; // looks, of a millisecond each
    private int _isDone;

    /// <summary>The call was about to be made.</summary>
    public bool HasCome => _isDone != 0;

    public Errno Before(in WatchedCall seen)
    {
        if (seen.Call == call && (name.Length == 0 || Encoding.UTF8.GetString(seen.Name) == name) && Interlocked.Exchange(ref _isDone, 1) == 0) action();
        return Errno.None;
    }

    /// <summary>Runs something on another thread, which has the rights of this one, until it ends or stands still before a lock.</summary>
    public static Thread Beside(Action action)
    {
        var thread = new Thread(() => action());
        thread.Start();
        for (var waits = 0; waits < SureAfter && !thread.Join(1);) waits = (thread.ThreadState & ThreadState.WaitSleepJoin) == 0 ? 0 : waits + 1;
        return thread;
    }

    /// <summary>Runs something on another thread to its end.</summary>
    public static void Done(Action action)
    {
        var thread = new Thread(() => action());
        thread.Start();
        if (!thread.Join(Patience)) throw new TimeoutException("what was to happen in between waits for a lock");
    }
}
