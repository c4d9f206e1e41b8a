using System.Runtime.CompilerServices;

namespace OverlayFuse.Conformance;

// What a case says of what it saw, and who it acts as.
internal static partial class Calls
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ClockStep = TimeSpan.FromMilliseconds(12); // the clock of inodes goes by ticks

    /// <summary>Times of long ago.</summary>
    public static readonly Timestamp Old = new(1_000_000_000, 123_456_789);

    public static readonly Timestamp Older = new(900_000_000, 1);

    public static uint MyUid => Native.geteuid();

    public static uint MyGid => Native.getegid();

    public static void Same<T>(T expected, T seen, [CallerArgumentExpression(nameof(seen))] string what = "")
    {
        if (!EqualityComparer<T>.Default.Equals(expected, seen)) throw new Mismatch($"{what}: expected {expected}, saw {seen}");
    }

    public static void True(bool seen, [CallerArgumentExpression(nameof(seen))] string what = "")
    {
        if (!seen) throw new Mismatch($"expected: {what}");
    }

    /// <summary>Makes a change that must move exactly these times of an object: "m" modification, "c" change, "" none.</summary>
    public static void Moves(string path, string times, Action change)
    {
        var before = LStat(path);
        Thread.Sleep(ClockStep);
        change();
        var after = LStat(path);
        var moved = (after.ModifyTime == before.ModifyTime ? "" : "m") + (after.ChangeTime == before.ChangeTime ? "" : "c");
        if (moved != times) throw new Mismatch($"times of {path} that move: expected '{times}', saw '{moved}'");
    }

    /// <summary>Acts as another user, of that group and no other unless named.</summary>
    public static void As(uint user, Action action) => As(user, user, [], action);

    public static void As(uint user, uint group, uint[] groups, Action action)
    {
        // The saved user id stays root's: the way back. Effective capabilities go with the effective id.
        Check(Native.SetGroups(groups));
        Check(Native.SetResGid(group, group, 0));
        Check(Native.SetResUid(user, user, 0));
        try
        {
            action();
        }
        finally
        {
            Check(Native.SetResUid(0, 0, 0));
            Check(Native.SetResGid(0, 0, 0));
            Check(Native.SetGroups([]));
        }
    }

    /// <summary>Gives up all rights for good, as the thread of an ordinary user.</summary>
    public static void Become(uint user, uint group)
    {
        Check(Native.SetGroups([]));
        Check(Native.SetResGid(group, group, group));
        Check(Native.SetResUid(user, user, user));
    }

    /// <summary>Runs with a umask; it is the thread's own.</summary>
    public static void WithUmask(int mask, Action action)
    {
        var before = Native.umask(Octal(mask));
        try
        {
            action();
        }
        finally
        {
            _ = Native.umask(before);
        }
    }

    /// <summary>
    /// As another process would: on a thread with descriptors and record locks of its own, beginning with copies of ours.
    /// Waits for its end.
    /// </summary>
    public static void Elsewhere(Action action) => Beside(action, static () => { });

    /// <summary>As <see cref="Elsewhere"/>, while this thread goes on; both must come to an end.</summary>
    public static void Beside(Action other, Action own)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            Native.Part(withCopies: true);
            try
            {
                other();
            }
            catch (Exception e)
            {
                failure = e;
            }
            finally
            {
                _ = Native.chdir("/");
                Native.CloseAll();
            }
        })
        { IsBackground = true };
        thread.Start();
        own();
        if (!thread.Join(Patience)) throw new Mismatch("the other thread: expected to end, saw it wait");
        if (failure is Mismatch mismatch) throw new Mismatch("the other thread: " + mismatch.Message);
        if (failure is not null) throw new InvalidOperationException("the other thread failed", failure);
    }

    private static void Check(nint result)
    {
        if (result != 0) throw new InvalidOperationException("cannot change the user of the thread");
    }
}
