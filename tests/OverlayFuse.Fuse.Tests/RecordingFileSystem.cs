using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

/// <summary>Writes down each call with its arguments and gives an answer that can be recognised.</summary>
internal sealed class RecordingFileSystem : FileSystem
{
    public List<string> Calls { get; } = [];

    public Errno Result { get; set; } = Errno.None;

    /// <summary>What the reading calls claim to have written; -1: they fill their buffer.</summary>
    public int Claim { get; set; } = -1;

    public string Last => Calls[^1];

    public static Entry SomeEntry => new()
    {
        Node = new NodeId(42),
        Generation = 3,
        EntryTimeout = TimeSpan.FromSeconds(1.5),
        AttributesTimeout = Entry.Forever,
        Attributes = new Attributes { Inode = 42, Size = 7, Mode = 0x81a4, LinkCount = 1, Uid = 5, Gid = 6, BlockSize = 4096 },
    };

    public override void Stopped() => Calls.Add("Stopped");

    public override Errno Lookup(in Request request, NodeId parent, ReadOnlySpan<byte> name, out Entry entry) =>
        Make($"Lookup {parent.Value} {Text(name)} uid={request.Uid} gid={request.Gid} pid={request.Pid}", out entry);

    public override void Forget(NodeId node, ulong count) => Calls.Add($"Forget {node.Value} {count}");

    public override Errno GetAttributes(in Request request, NodeId node, ulong? handle, out Attributes attributes, out TimeSpan timeout)
    {
        attributes = SomeEntry.Attributes;
        timeout = TimeSpan.FromSeconds(2);
        return Done($"GetAttributes {node.Value} {handle}");
    }

    public override Errno Statx(in Request request, NodeId node, ulong? handle, uint mask, out ExtendedAttributes attributes)
    {
        attributes = new ExtendedAttributes { Attributes = SomeEntry.Attributes, HasBirthTime = true, BirthTime = new Timestamp(9, 8) };
        return Done($"Statx {node.Value} {handle} {mask:x}");
    }

    public override Errno SetAttributes(in Request request, NodeId node, in SetAttributes change, out Attributes attributes, out TimeSpan timeout)
    {
        attributes = SomeEntry.Attributes;
        timeout = default;
        return Done($"SetAttributes {node.Value} {change.Valid} fh={change.Handle} size={change.Size} mode={change.Mode:x} {change.Uid}:{change.Gid} a={change.AccessTime} m={change.ModifyTime}");
    }

    public override Errno ReadLink(in Request request, NodeId node, Span<byte> buffer, out int length)
    {
        "target"u8.CopyTo(buffer);
        length = Claim < 0 ? 6 : Claim;
        return Done($"ReadLink {node.Value} {buffer.Length}");
    }

    public override Errno Mknod(in Request request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint umask, uint device, out Entry entry) =>
        Make($"Mknod {parent.Value} {Text(name)} {mode:x} {umask:x} {device:x} group={request.SupplementaryGroup}", out entry);

    public override Errno Mkdir(in Request request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint umask, out Entry entry) =>
        Make($"Mkdir {parent.Value} {Text(name)} {mode:x} {umask:x} group={request.SupplementaryGroup}", out entry);

    public override Errno Symlink(in Request request, NodeId parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target, out Entry entry) =>
        Make($"Symlink {parent.Value} {Text(name)} -> {Text(target)}", out entry);

    public override Errno Link(in Request request, NodeId node, NodeId newParent, ReadOnlySpan<byte> newName, out Entry entry) =>
        Make($"Link {node.Value} {newParent.Value} {Text(newName)}", out entry);

    public override Errno Unlink(in Request request, NodeId parent, ReadOnlySpan<byte> name) => Done($"Unlink {parent.Value} {Text(name)}");

    public override Errno Rmdir(in Request request, NodeId parent, ReadOnlySpan<byte> name) => Done($"Rmdir {parent.Value} {Text(name)}");

    public override Errno Rename(in Request request, NodeId oldParent, ReadOnlySpan<byte> oldName, NodeId newParent, ReadOnlySpan<byte> newName, RenameFlags flags) =>
        Done($"Rename {oldParent.Value} {Text(oldName)} {newParent.Value} {Text(newName)} {flags}");

    public override Errno Open(in Request request, NodeId node, OpenFlags flags, bool killSuidGid, out OpenReply reply)
    {
        reply = new OpenReply { Handle = 11, Flags = OpenReplyFlags.Passthrough, BackingId = 12 };
        return Done($"Open {node.Value} {flags} kill={killSuidGid}");
    }

    public override Errno Create(in Request request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint umask, OpenFlags flags, out Entry entry, out OpenReply reply)
    {
        reply = new OpenReply { Handle = 11 };
        return Make($"Create {parent.Value} {Text(name)} {mode:x} {umask:x} {flags} group={request.SupplementaryGroup}", out entry);
    }

    public override Errno TmpFile(in Request request, NodeId parent, uint mode, uint umask, OpenFlags flags, out Entry entry, out OpenReply reply)
    {
        reply = new OpenReply { Handle = 11 };
        return Make($"TmpFile {parent.Value} {mode:x} {umask:x} {flags}", out entry);
    }

    public override Errno Read(in Request request, NodeId node, ulong handle, long offset, Span<byte> buffer, out int count)
    {
        buffer.Fill((byte)'r');
        count = Claim < 0 ? buffer.Length : Claim;
        return Done($"Read {node.Value} {handle} {offset} {buffer.Length}");
    }

    public override Errno Write(in Request request, NodeId node, ulong handle, long offset, ReadOnlySpan<byte> data, WriteFlags flags, out int count)
    {
        count = data.Length;
        return Done($"Write {node.Value} {handle} {offset} {Text(data)} kill={(flags & WriteFlags.KillSuidGid) != 0}");
    }

    public override Errno Flush(in Request request, NodeId node, ulong handle) => Done($"Flush {node.Value} {handle}");

    public override Errno Release(in Request request, NodeId node, ulong handle) => Done($"Release {node.Value} {handle}");

    public override Errno FSync(in Request request, NodeId node, ulong handle, bool dataOnly) => Done($"FSync {node.Value} {handle} {dataOnly}");

    public override Errno OpenDirectory(in Request request, NodeId node, OpenFlags flags, out OpenReply reply)
    {
        reply = new OpenReply { Handle = 13, Flags = OpenReplyFlags.CacheDirectory };
        return Done($"OpenDirectory {node.Value} {flags}");
    }

    public override Errno ReadDirectory(in Request request, NodeId node, ulong handle, ulong offset, ref DirectoryBuffer buffer)
    {
        while (buffer.TryAdd("entry"u8, 5, FileType.Directory, ++offset)) { }
        return Done($"ReadDirectory {node.Value} {handle}");
    }

    public override Errno ReadDirectoryPlus(in Request request, NodeId node, ulong handle, ulong offset, ref DirectoryBuffer buffer)
    {
        while (buffer.TryAdd("entry"u8, ++offset, SomeEntry)) { }
        return Done($"ReadDirectoryPlus {node.Value} {handle}");
    }

    public override Errno ReleaseDirectory(in Request request, NodeId node, ulong handle) => Done($"ReleaseDirectory {node.Value} {handle}");

    public override Errno FSyncDirectory(in Request request, NodeId node, ulong handle, bool dataOnly) => Done($"FSyncDirectory {node.Value} {handle} {dataOnly}");

    public override Errno StatFs(in Request request, NodeId node, out FileSystemStatus status)
    {
        status = new FileSystemStatus { Blocks = 1, FreeBlocks = 2, AvailableBlocks = 3, Files = 4, FreeFiles = 5, BlockSize = 6, NameLength = 7, FragmentSize = 8 };
        return Done($"StatFs {node.Value}");
    }

    public override Errno GetXattr(in Request request, NodeId node, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        buffer.Fill((byte)'x');
        length = Claim < 0 ? Math.Max(buffer.Length, 3) : Claim;
        return Done($"GetXattr {node.Value} {Text(name)} {buffer.Length}");
    }

    public override Errno SetXattr(in Request request, NodeId node, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, XattrFlags flags, bool killSetGid) =>
        Done($"SetXattr {node.Value} {Text(name)}={Text(value)} {flags} kill={killSetGid}");

    public override Errno ListXattr(in Request request, NodeId node, Span<byte> buffer, out int length)
    {
        buffer.Fill((byte)'l');
        length = Claim < 0 ? Math.Max(buffer.Length, 4) : Claim;
        return Done($"ListXattr {node.Value} {buffer.Length}");
    }

    public override Errno RemoveXattr(in Request request, NodeId node, ReadOnlySpan<byte> name) => Done($"RemoveXattr {node.Value} {Text(name)}");

    public override Errno Access(in Request request, NodeId node, uint mask) => Done($"Access {node.Value} {mask}");

    public override Errno Fallocate(in Request request, NodeId node, ulong handle, FallocateMode mode, long offset, long length) =>
        Done($"Fallocate {node.Value} {handle} {(int)mode} {offset} {length}");

    public override Errno LSeek(in Request request, NodeId node, ulong handle, long offset, Whence whence, out long result)
    {
        result = 99;
        return Done($"LSeek {node.Value} {handle} {offset} {(int)whence}");
    }

    public override Errno CopyFileRange(in Request request, NodeId from, ulong fromHandle, long fromOffset, NodeId to, ulong toHandle, long toOffset, ulong length, out ulong copied)
    {
        copied = length;
        return Done($"CopyFileRange {from.Value} {fromHandle} {fromOffset} {to.Value} {toHandle} {toOffset} {length}");
    }

    public override Errno Ioctl(in Request request, NodeId node, ulong handle, uint command, IoctlFlags flags, ReadOnlySpan<byte> input, Span<byte> output, out int written)
    {
        output.Fill((byte)'i');
        written = Claim < 0 ? output.Length : Claim;
        return Done($"Ioctl {node.Value} {handle} {command:x} {flags} in={input.Length} out={output.Length}");
    }

    public override Errno Poll(in Request request, NodeId node, ulong handle, uint events, out uint ready)
    {
        ready = events;
        return Done($"Poll {node.Value} {handle}");
    }

    public override Errno GetLock(in Request request, NodeId node, ulong handle, in FileLock asked, out FileLock found)
    {
        found = asked with { Type = 2 };
        return Done($"GetLock {node.Value} {handle} {asked.Owner} {asked.Start}-{asked.End} flock={asked.IsFlock}");
    }

    public override Errno SetLock(in Request request, NodeId node, ulong handle, in FileLock wanted, bool wait) =>
        Done($"SetLock {node.Value} {handle} {wanted.Type} flock={wanted.IsFlock} wait={wait}");

    public override Errno BlockMap(in Request request, NodeId node, ulong block, uint blockSize, out ulong result)
    {
        result = block + 1;
        return Done($"BlockMap {node.Value} {block} {blockSize}");
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private Errno Done(string call)
    {
        Calls.Add(call);
        return Result;
    }

    private Errno Make(string call, out Entry entry)
    {
        entry = SomeEntry;
        return Done(call);
    }
}
