using System.Globalization;
using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// A union with one of everything, on which one change is made again and again: undisturbed, to know what it shows before and after, and
/// then with the disk stopping or failing at one of its calls.
/// </summary>
internal sealed class CrashStage : IDisposable
{
    private const string Lower1 = "d/s/k = \"k\"  f = \"file\"  a = \"1\"  b is a  gone = \"old\"  l -> \"x\"  p fifo  ro/f = \"read only\"  ro/s/g = \"g\"  suid = \"suid\"  old/s/f = \"old f\"  empty/";
    private const string Lower2 = "d/s/g = \"g2\"  d/t/x = \"x\"  e/x = \"x\"  gonedir/z = \"z\"";
    private const string Upper = "u/own = \"own\"  ue/  gone whiteout  gonedir whiteout  e/x whiteout  w = \"upper\"  r/ redirect=\"/old\"  old whiteout";
    private const int HighestDescriptor = 1024;
    public const long LongAgo = 1_000_000_000;

    private readonly TestedChange _change;
    private readonly TestUnion _union;
    private NodeId _prepared;

    public CrashStage(TestedChange change, TestUnion.Form form)
    {
        _change = change;
        _union = new TestUnion(2, form);
        try
        {
            Rehearse();
        }
        catch
        {
            _union.Dispose();
            throw;
        }
    }

    /// <summary>What the union shows before the change, and after it.</summary>
    public string[] Before { get; private set; } = [];

    public string[] After { get; private set; } = [];

    /// <summary>How many calls the change makes that change something, and how many that pass the seam at all.</summary>
    public int Changing { get; private set; }

    public int Count { get; private set; }

    public string Calls { get; private set; } = "";

    /// <summary>There is no telling old and new apart.</summary>
    public bool ChangesNothing => Before.SequenceEqual(After);

    /// <summary>The daemon dies after some of the changing calls; the next mount must show the old or the new state.</summary>
    /// <returns>Whether it is the new one.</returns>
    public bool Die(int after)
    {
        var where = $"stopped after {after} of {Changing} changing calls: {Calls}";
        Begin();
        var watcher = new CallWatcher { StopAfter = after };
        using (SyscallSeam.Watch(watcher))
        {
            _ = _change.Act(_union.Kernel, _prepared);
            _union.Close();
        }
        Mount();
        CheckWorkDirectory(where, atMount: true);
        var seen = UnionView.Of(_union.Kernel);
        var isNew = seen.SequenceEqual(After);
        if (!isNew && !IsOld(seen)) Assert.Fail($"{where}\nneither old nor new:\n{Difference(seen)}");
        if (!isNew && _change.Before is null)
        {
            Assert.That(Act(new CallWatcher()), Is.EqualTo(Errno.None), $"made once more, {where}");
            Same(After, $"made once more, {where}", remount: false);
            Same(After, $"made once more and mounted again, {where}", remount: true);
        }
        CheckLowers(where);
        return isNew;
    }

    /// <summary>One call fails, and the daemon lives on: the change happens or it does not, and can be made then.</summary>
    /// <returns>Whether the change was reported as made.</returns>
    public bool Fail(int at, Errno error)
    {
        _union.Close();
        var descriptors = Descriptors();
        Begin();
        _ = UnionView.Of(_union.Kernel); // so that there is something to go wrong in the tables
        var watcher = new CallWatcher { FailAt = at, Failure = error };
        var result = Act(watcher);
        var where = $"call {at} of {Count} fails with {error}, so the change with {result}: {watcher.Calls}";
        // A mode that could not be restored stays wide, and noted, until the next mount.
        var isWide = Directory.GetFileSystemEntries($"{_union.Path}/work/overlayfuse/widened").Length > 0;
        var isUntidy = isWide || (result == Errno.None && watcher.FailsToRemove); // made, but not all put away
        if (!isUntidy) Same(result == Errno.None ? After : Before, where, remount: false);
        _union.Kernel.ForgetAll();
        if (!isUntidy) CheckWorkDirectory(where, atMount: false);

        // Under another name the next mount does not find it either.
        var shut = isWide && watcher.Calls.Contains("Rename ro ", StringComparison.Ordinal) ? "Directory 755" : null;
        Same(result == Errno.None ? After : Before, $"after the next mount, {where}", remount: true, shut);
        CheckWorkDirectory($"after the next mount, {where}", atMount: true);
        if (result != Errno.None && _change.Before is null)
        {
            Assert.That(Act(new CallWatcher()), Is.EqualTo(Errno.None), $"made once more, {where}");
            Same(After, $"made once more, {where}", remount: false);
        }
        _union.Close();
        Assert.That(Descriptors(), Is.EqualTo(descriptors), $"open descriptors, {where}");
        CheckLowers(where);
        return result == Errno.None;
    }

    public void Dispose() => _union.Dispose();

    // Undisturbed, on the layers that stay: what the change shows and calls.
    private void Rehearse()
    {
        _union.With("lower1", $"{Lower1}  d/s/f = {_change.Content}").With("lower2", Lower2);
        Decorate("lower1/d/s/f", 0x1A0, "colour", "red");
        Decorate("lower1/d/s", 0x1ED, "colour", "blue");
        Decorate("lower1/suid", 0x9ED);
        Decorate("lower1/ro/f", 0x124);
        Decorate("lower1/ro/s", 0x16D);
        Decorate("lower1/ro", 0x16D);
        Age("lower1");
        Age("lower2");

        Begin();
        _union.Close();
        Mount();
        Before = UnionView.Of(_union.Kernel);
        Begin();
        var watcher = new CallWatcher();
        Assert.That(Act(watcher), Is.EqualTo(Errno.None), $"{_change}, undisturbed");
        (Changing, Count, Calls) = (watcher.Changing, watcher.Count, watcher.Calls);
        After = UnionView.Of(_union.Kernel);
        Same(After, "undisturbed, after the next mount", remount: true);
    }

    // The writable side as it was at the beginning, mounted, and what comes before the change done.
    private void Begin()
    {
        _union.Clear();
        _union.With("upper", Upper);
        Decorate("upper/w", 0x1A4, "colour", "green");
        Age("upper");
        Mount();
        _prepared = _change.Before?.Invoke(_union.Kernel) ?? NodeId.None;
    }

    private void Mount() => _union.Open();

    private Errno Act(CallWatcher watcher)
    {
        using (SyscallSeam.Watch(watcher)) return _change.Act(_union.Kernel, _prepared);
    }

    private bool IsOld(string[] seen) => seen.SequenceEqual(Before) || (_change.Meanwhile is { } meanwhile && seen.SequenceEqual(Before.Select(line => seen.Contains(line) ? line : meanwhile(line))));

    private void Same(string[] expected, string where, bool remount, string? shut = null)
    {
        if (remount)
        {
            _union.Close();
            Mount();
        }
        var seen = UnionView.Of(_union.Kernel);
        if (shut is not null) seen = [.. seen.Select(line => expected.Contains(line) ? line : line.Replace(shut, "Directory 555", StringComparison.Ordinal))];
        if (!seen.SequenceEqual(expected) && !(expected == Before && IsOld(seen))) Assert.Fail($"{where}\n{string.Join('\n', expected.Except(seen).Select(l => $"missing {l}").Concat(seen.Except(expected).Select(l => $"instead {l}")))}");
    }

    private string Difference(string[] seen) => string.Join('\n',
        Before.Except(seen).Select(l => $"of the old is missing {l}").Concat(After.Except(seen).Select(l => $"of the new is missing {l}")).Concat(seen.Except(Before).Except(After).Select(l => $"in neither is {l}")));

    // Whiteouts are links to one inode, which waits among the temporary objects.
    private void CheckWorkDirectory(string where, bool atMount)
    {
        Assert.That(_union.Leftovers(), Is.Empty, $"left in the work directory, {where}");
        Assert.That(Directory.GetFileSystemEntries($"{_union.Path}/work/overlayfuse/widened"), Is.Empty, $"modes left wide, {where}");
        if (!atMount) return;
        var shown = UnionView.Of(_union.Kernel);
        foreach (var link in Directory.GetFiles($"{_union.Path}/work/overlayfuse/links").Select(p => Path.GetFileName(p).Split('-')))
        {
            var number = (ulong.Parse(link[0], NumberStyles.HexNumber, null) << InodeNumber.LayerShift) | ulong.Parse(link[1], NumberStyles.HexNumber, null);
            Assert.That(shown.Any(line => line.Contains($" is {number:x} ", StringComparison.Ordinal)), Is.True, $"an index link of nothing, {where}");
        }
    }

    private void CheckLowers(string where) => Assert.That(_union.Lowers(), Is.EqualTo(_union.LowersBefore), $"the lower layers, {where}");

    // Those on the file system of the layers, but for the ones that the scratch directory holds itself.
    private int Descriptors()
    {
        Check(Syscall.Stat(_union.Path, out var own));
        return Enumerable.Range(0, HighestDescriptor).Count(number => Syscall.Stat(new Fd(number), out var status) == Errno.None && status.Device == own.Device);
    }

    private void Decorate(string path, uint mode, string? attribute = null, string value = "")
    {
        var full = $"{_union.Path}/{path}";
        Check(Syscall.ChmodAt(DirFd.Cwd, Encoding.UTF8.GetBytes(full), mode));
        if (attribute is not null) Check(Syscall.SetXattrAt(DirFd.Cwd, Encoding.UTF8.GetBytes(full), Encoding.UTF8.GetBytes($"user.{attribute}"), Encoding.UTF8.GetBytes(value), XattrFlags.None));
    }

    private void Age(string side)
    {
        foreach (var path in Directory.GetFileSystemEntries($"{_union.Path}/{side}", "*", SearchOption.AllDirectories).Append($"{_union.Path}/{side}"))
            Check(Syscall.UtimensAt(DirFd.Cwd, Encoding.UTF8.GetBytes(path), new Timestamp(LongAgo, 1), new Timestamp(LongAgo, 2)));
    }

    private static void Check(Errno error)
    {
        if (error != Errno.None) throw new IOException(error.ToString());
    }
}
