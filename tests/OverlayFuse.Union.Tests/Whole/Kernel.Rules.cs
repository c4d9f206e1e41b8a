using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

// What the kernel decides by itself, before a file system is asked: the way along a path (path_resolution(7)), what may be opened,
// removed, renamed and linked (fs/namei.c).
internal sealed partial class Kernel
{
    private const int LongestChain = 40; // MAXSYMLINKS

    /// <summary>What is at a path, last components that are links not followed, or behind a descriptor.</summary>
    public Errno Find(string path, out Entry entry)
    {
        entry = new Entry { Node = NodeId.Root };
        if (path.StartsWith('@'))
        {
            entry.Node = _open[path].Node;
            return union.GetAttributes(Request, entry.Node, null, out entry.Attributes, out _);
        }
        if (path.Trim('/').Length == 0) return union.GetAttributes(Request, NodeId.Root, null, out entry.Attributes, out _);
        var error = FindParent(path, out var parent, out var name);
        return error == Errno.None ? Lookup(parent, name, out entry) : error;
    }

    private Errno FindParent(string path, out NodeId parent, out byte[] name)
    {
        List<NodeId> way = [NodeId.Root];
        var error = FindParent(path, way, out name);
        parent = way[^1];
        return error;
    }

    // The directories on the way are added to it.
    private Errno FindParent(string path, List<NodeId> way, out byte[] name)
    {
        var slash = path.LastIndexOf('/');
        name = LayerText.Bytes(path[(slash + 1)..]);
        var links = 0;
        return Walk(slash < 0 ? "" : path[..slash], way, ref links);
    }

    private Errno Walk(string path, List<NodeId> way, ref int links)
    {
        foreach (var name in Split(path))
        {
            var error = Lookup(way[^1], name, out var entry);
            if (error != Errno.None) return error;
            if (Is(entry, FileType.Symlink))
            {
                if (++links > LongestChain) return Errno.LOOP;
                var target = new byte[4096];
                error = union.ReadLink(Request, entry.Node, target, out var length);
                if (error == Errno.None) error = Walk(LayerText.Text(target.AsSpan(0, length)), way, ref links);
                if (error != Errno.None) return error;
            }
            else if (!IsDirectory(entry)) return Errno.NOTDIR;
            else way.Add(entry.Node);
        }
        return Errno.None;
    }

    private Errno FindFree(string path, out NodeId parent, out byte[] name)
    {
        var error = FindParent(path, out parent, out name);
        if (error != Errno.None) return error;
        error = Lookup(parent, name, out _);
        return error == Errno.None ? Errno.EXIST : error == Errno.NOENT ? Errno.None : error;
    }

    /// <summary>A file to be read or written: by its name, as open(2) takes it, or by a descriptor that was opened for it.</summary>
    private Errno FindFile(string target, OpenFlags access, out Entry entry)
    {
        var error = Find(target, out entry);
        if (error != Errno.None) return error;
        if (!target.StartsWith('@')) error = MayOpen(entry, access);
        else if ((_open[target].Flags & OpenFlags.AccessMode) is var flags && flags != OpenFlags.ReadWrite && flags != access) error = Errno.BADF;
        return error == Errno.None && access == OpenFlags.ReadOnly && IsDirectory(entry) ? Errno.ISDIR : error;
    }

    private static Errno MayOpen(in Entry entry, OpenFlags flags)
    {
        var isDirectory = IsDirectory(entry);
        if ((flags & OpenFlags.Directory) != 0 && !isDirectory) return Errno.NOTDIR;
        if (Is(entry, FileType.Symlink)) return Errno.LOOP;
        return isDirectory && ((flags & OpenFlags.AccessMode) != 0 || (flags & (OpenFlags.Create | OpenFlags.Truncate)) != 0) ? Errno.ISDIR : Errno.None;
    }

    private Errno MayLink(string target, in Entry entry)
    {
        if (IsDirectory(entry)) return Errno.PERM;
        var isNew = target.StartsWith('@') && _open[target].IsLinkable;
        if (isNew) _open[target].IsLinkable = false;
        return entry.Attributes.LinkCount == 0 && !isNew ? Errno.NOENT : Errno.None;
    }

    private static Errno MayRename(in Entry source, in Entry target, Errno absent, List<NodeId> oldWay, List<NodeId> newWay, RenameFlags flags)
    {
        var exists = absent == Errno.None;
        var swaps = (flags & RenameFlags.Exchange) != 0;
        if (exists && (flags & RenameFlags.NoReplace) != 0) return Errno.EXIST;
        if (!exists && swaps) return Errno.NOENT;
        if (newWay.Contains(source.Node)) return Errno.INVAL;
        if (exists && oldWay.Contains(target.Node)) return swaps ? Errno.INVAL : Errno.NOTEMPTY;
        if (!exists || swaps || source.Node == target.Node || IsDirectory(source) == IsDirectory(target)) return Errno.None;
        return IsDirectory(source) ? Errno.NOTDIR : Errno.ISDIR;
    }

    // Attributes of users are for files and directories (xattr(7)).
    private Errno MayHaveXattr(string target, ReadOnlySpan<byte> name, Errno refusal)
    {
        var error = Find(target, out var entry);
        return error == Errno.None && name.StartsWith("user."u8) && !IsDirectory(entry) && !Is(entry, FileType.Regular) ? refusal : error;
    }

    private static bool IsDirectory(in Entry entry) => Is(entry, FileType.Directory);

    private static bool Is(in Entry entry, FileType type) => Linux.Mode.TypeOf(entry.Attributes.Mode) == type;
}
