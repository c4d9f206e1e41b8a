using System.Globalization;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Carries out the actions of a case, one after the other: <c>VERB ARGUMENT...</c>, <c>= VALUE</c> where something is to be seen, <c>! ERRNO</c> where it is to fail.</summary>
/// <remarks>Cases/README.md lists the verbs.</remarks>
internal sealed class Script(IActor actor)
{
    private readonly Dictionary<string, FileStatus> _notes = [];

    /// <summary>Goes on with another actor, and what was noted.</summary>
    public Script On(IActor next)
    {
        var script = new Script(next);
        foreach (var (name, status) in _notes) script._notes[name] = status;
        return script;
    }

    /// <returns>What went otherwise than written, or null.</returns>
    public string? Do(string action)
    {
        var words = LayerText.Words(action);
        var expected = Errno.None;
        if (words is [.. var before, "!", var errno]) (words, expected) = (before, Enum.Parse<Errno>(errno));
        string[]? value = null;
        if (Array.IndexOf(words, "=") is var equals and > 0 && words[0] != "create") (words, value) = (words[..equals], words[(equals + 1)..]);

        var (error, seen) = words[0] == "as" ? ActAs(words[1], words[2..]) : Act(words);
        if (words[0] == "stat") value = words[2..];
        var what = string.Join(' ', words);
        if (error != expected) return $"{what}: {error}";
        return value is null || error != Errno.None || seen == string.Join(' ', value) ? null : $"{what} = {seen}";
    }

    /// <summary>What an action gives of which nothing is expected.</summary>
    public (Errno Error, string? Seen) Give(string action) => Act(LayerText.Words(action)) is var (error, seen) && error == Errno.None ? (error, seen) : (error, null);

    private (Errno Error, string? Seen) ActAs(string user, string[] words)
    {
        var given = (Errno.None, (string?)null);
        var ids = user.Split(':', ',').Select(uint.Parse).ToArray();
        OrdinaryUser.Run(() => given = Act(words), ids[0], ids[1], ids[2..]);
        return given;
    }

    private (Errno Error, string? Seen) Act(string[] words) => words switch
    {
        ["open", var name, var flags, var path] => (actor.Open(name, path, Flags(flags)), null),
        ["close", var name] => (actor.Close(name), null),
        ["create", var path, .. var content] => (actor.Create(path, LayerText.Content(content.Where(w => w[0] == '"')), Mode(content, 0x1A4)), null),
        ["mkdir", var path, .. var mode] => (actor.Mkdir(path, Mode(mode, 0x1ED)), null),
        ["symlink", var path, var target] => (actor.Symlink(target[1..^1], path), null),
        ["mkfifo", var path] => (actor.Mknod(path, (uint)FileType.Fifo | 0x1A4, 0, 0), null),
        ["mksocket", var path] => (actor.Mknod(path, (uint)FileType.Socket | 0x1A4, 0, 0), null),
        ["mkdevice", var path, var device] => (actor.Mknod(path, (uint)FileType.CharDevice | 0x1A4, Pair(device).First, Pair(device).Second), null),
        ["mkwhiteout", var path] => (actor.Mknod(path, (uint)FileType.CharDevice | 0x1A4, 0, 0), null),
        ["tmpfile", var directory, var path, var text] => (TmpFile(directory, path, LayerText.Content([text])), null),
        ["link", var path, var other] => (actor.Link(path, other), null),
        ["rm", var path] => (actor.Remove(path, false), null),
        ["rmdir", var path] => (actor.Remove(path, true), null),
        ["mv", var path, var other] => (actor.Rename(path, other, RenameFlags.None), null),
        ["swap", var path, var other] => (actor.Rename(path, other, RenameFlags.Exchange), null),
        ["mv-noreplace", var path, var other] => (actor.Rename(path, other, RenameFlags.NoReplace), null),
        ["mv-whiteout", var path, var other] => (actor.Rename(path, other, RenameFlags.Whiteout), null),
        ["write", var target, var text] => (actor.Write(target, LayerText.Content([text]), target[0] == '@' ? null : 0), null),
        ["write", var target, var text, "at", var offset] => (actor.Write(target, LayerText.Content([text]), Number(offset)), null),
        ["truncate", var target, var size] => (actor.Truncate(target, Number(size)), null),
        ["allocate", var target, var range] => Allocate(target, FallocateMode.None, range),
        ["allocate-beyond", var target, var range] => Allocate(target, FallocateMode.KeepSize, range),
        ["punch", var target, var range] => Allocate(target, FallocateMode.PunchHole | FallocateMode.KeepSize, range),
        ["zero", var target, var range] => Allocate(target, FallocateMode.ZeroRange, range),
        ["fsync", var target] => (actor.FSync(target), null),
        ["copy", var from, var to, var length] => (actor.Copy(from, to, Number(length)), null),
        ["chmod", var target, var mode] => (actor.Chmod(target, Convert.ToUInt32(mode, 8)), null),
        ["chown", var target, var ids] => (actor.Chown(target, Pair(ids).First, Pair(ids).Second), null),
        ["utimens", var target, var time] => (actor.Utimens(target, new Timestamp(Number(time), 0), new Timestamp(Number(time), 0)), null),
        ["setxattr", var target, var name] => (actor.SetXattr(target, LayerText.Bytes(name), "1"u8), null),
        ["setxattr", var target, var name, var value] => (actor.SetXattr(target, LayerText.Bytes(name), LayerText.Content([value])), null),
        ["setacl", var target, var acl] => (actor.SetXattr(target, "system.posix_acl_access"u8, AclTests.Make(acl[1..^1])), null),
        ["rmxattr", var target, var name] => (actor.RemoveXattr(target, LayerText.Bytes(name)), null),
        ["read", var target] => (actor.Read(target, out var bytes), LayerText.Show(bytes)),
        ["readlink", var path] => (actor.ReadLink(path, out var to), LayerText.Show(to)),
        ["getxattr", var target, var name] => (actor.GetXattr(target, LayerText.Bytes(name), out var value), LayerText.Show(value)),
        ["getacl", var target] => (actor.GetXattr(target, "system.posix_acl_access"u8, out var acl), $"\"{AclTests.Show(acl)}\""),
        ["xattrs", var target] => (actor.ListXattr(target, out var names), string.Join(' ', LayerText.Text(names).Split("\\x00", StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal))),
        ["list", var target] => (actor.List(target, out var names), string.Join(' ', names.Select(n => LayerText.Text(n.Name)).Order(StringComparer.Ordinal))),
        ["data", var target] => (Errno.None, Data(target)),
        ["look", var target] => (actor.Stat(target, out _), null),
        ["note", var note, var target] => (Note(note, target), null),
        ["stat", var target, .. var fields] => Stat(target, fields),
        _ => ActMounted(words),
    };

    private (Errno, string?) ActMounted(string[] words)
    {
        if (actor is not SystemCalls calls) throw new FormatException($"{string.Join(' ', words)}: no such action without a mount");
        switch (words)
        {
            case ["map", var map, var name, var length, .. var how]:
                return (calls.Map(map, $"@{name}", (nuint)Number(length), !how.Contains("private"), how.Contains("write")), null);
            case ["peek", var map, var length]:
                return (Errno.None, LayerText.Show(calls.Peek(map, (int)Number(length))));
            case ["poke", var map, var text]:
                calls.Poke(map, LayerText.Content([text]));
                return (Errno.None, null);
            case ["msync", var map]: return (calls.SyncMap(map), null);
            case ["unmap", var map]: return (calls.Unmap(map), null);
            case ["lock", var name, "shared"]: return (calls.FLock($"@{name}", LockOperation.Shared), null);
            case ["lock", var name, "exclusive"]: return (calls.FLock($"@{name}", LockOperation.Exclusive), null);
            case ["unlock", var name]: return (calls.FLock($"@{name}", LockOperation.Unlock), null);
            case ["range-lock", var name, var kind]: return (calls.RangeLock($"@{name}", (short)(kind == "shared" ? 0 : kind == "exclusive" ? 1 : 2)), null);
            case ["watch", var watch, var target]: return (calls.Watch(watch, target), null);
            case ["events", var watch]: return (Errno.None, string.Join(' ', calls.Events(watch)));
            case ["start", var program, var path, var argument]: return (calls.Start(program, path, argument), null);
            case ["stop", var program]: return (calls.Stop(program), null);
            case ["umask", var mask]:
                Syscall.Umask(Convert.ToUInt32(mask, 8));
                return (Errno.None, null);
            default: throw new FormatException(string.Join(' ', words));
        }
    }

    private Errno TmpFile(string directory, string path, byte[] bytes)
    {
        const string descriptor = "the file without a name";
        var error = actor.Open(descriptor, directory, OpenFlags.TmpFile | OpenFlags.ReadWrite);
        if (error != Errno.None) return error;
        error = actor.Write($"@{descriptor}", bytes, 0);
        if (error == Errno.None) error = actor.Link($"@{descriptor}", path);
        var late = actor.Close(descriptor);
        return error == Errno.None ? late : error;
    }

    private (Errno, string?) Allocate(string target, FallocateMode mode, string range)
    {
        var (offset, length) = (range.Split('+')[0], range.Split('+')[1]);
        return (actor.Allocate(target, mode, Number(offset), Number(length)), null);
    }

    /// <summary>Where a file has data, as SEEK_DATA and SEEK_HOLE tell: START+LENGTH, several of them.</summary>
    private string Data(string target)
    {
        var extents = new List<string>();
        for (long at = 0; actor.Seek(target, at, Whence.Data, out var start) == Errno.None;)
        {
            if (actor.Seek(target, start, Whence.Hole, out at) != Errno.None) break;
            extents.Add($"{start}+{at - start}");
        }
        return string.Join(' ', extents);
    }

    private Errno Note(string note, string target)
    {
        var error = actor.Stat(target, out var status);
        _notes[note] = status;
        return error;
    }

    /// <summary>The fields named, as they are; a field that is as it was noted is shown by the name of the note.</summary>
    private (Errno, string?) Stat(string target, string[] fields)
    {
        var error = actor.Stat(target, out var status);
        return (error, string.Join(' ', fields.Select(field =>
        {
            var (name, expected) = (field.Split('=')[0], field.Split('=')[1]);
            var seen = Field(name, status);
            if (!_notes.TryGetValue(expected.TrimStart('~'), out var note)) return $"{name}={seen}";
            return $"{name}={(Field(name, note) == seen ? "" : "~")}{expected.TrimStart('~')}";
        })));
    }

    private static string Field(string name, in FileStatus status) => name switch
    {
        "ino" => status.Inode.ToString(CultureInfo.InvariantCulture),
        "type" => status.Type.ToString().ToLowerInvariant(),
        "mode" => Convert.ToString(status.Mode & Linux.Mode.Permissions, 8),
        "nlink" => status.LinkCount.ToString(CultureInfo.InvariantCulture),
        "uid" => status.Uid.ToString(CultureInfo.InvariantCulture),
        "gid" => status.Gid.ToString(CultureInfo.InvariantCulture),
        "size" => status.Size.ToString(CultureInfo.InvariantCulture),
        "blocks" => status.Blocks.ToString(CultureInfo.InvariantCulture),
        "mtime" => Show(status.ModifyTime),
        "ctime" => Show(status.ChangeTime),
        _ => throw new FormatException(name),
    };

    private static string Show(Timestamp time) => time.Nanoseconds == 0 ? $"{time.Seconds}" : $"{time.Seconds}.{time.Nanoseconds:d9}";

    private static OpenFlags Flags(string text) => text.Split(',').Aggregate(OpenFlags.ReadOnly, (flags, word) => flags | word switch
    {
        "r" => OpenFlags.ReadOnly,
        "w" => OpenFlags.WriteOnly,
        "rw" => OpenFlags.ReadWrite,
        "append" => OpenFlags.Append,
        "trunc" => OpenFlags.Truncate,
        "creat" => OpenFlags.Create,
        "excl" => OpenFlags.Exclusive,
        "dir" => OpenFlags.Directory,
        "direct" => OpenFlags.Direct,
        "tmp" => OpenFlags.TmpFile,
        _ => throw new FormatException(text),
    });

    private static uint Mode(IEnumerable<string> words, uint otherwise) =>
        words.FirstOrDefault(w => w.StartsWith("mode=", StringComparison.Ordinal)) is { } mode ? Convert.ToUInt32(mode[5..], 8) : otherwise;

    private static (uint First, uint Second) Pair(string text) => (Id(text.Split(':')[0]), Id(text.Split(':')[1]));

    private static uint Id(string text) => text == "-" ? uint.MaxValue : uint.Parse(text, CultureInfo.InvariantCulture);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
