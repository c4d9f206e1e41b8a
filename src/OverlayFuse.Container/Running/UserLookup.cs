using System.Globalization;
using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Who "-u" or an image's USER is: numbers, or names in the container's own /etc/passwd and /etc/group.</summary>
/// <param name="Groups">All groups of the user, that of <paramref name="Gid"/> first.</param>
public sealed record UserLookup(uint Uid, uint Gid, IReadOnlyList<uint> Groups, string Home)
{
    private const int Refused = 125;

    /// <param name="further">--group-add.</param>
    /// <exception cref="RefusedException">The container has no such user or group.</exception>
    public static UserLookup Find(string text, DirFd root, IReadOnlyList<string>? further = null) => Find(text, Lines(root, "etc/passwd"u8), Lines(root, "etc/group"u8), further ?? []);

    /// <summary>The same, of somebody whose processes can run here.</summary>
    /// <exception cref="RefusedException">Also where there is no such id.</exception>
    public static UserLookup FindToRun(string text, DirFd root, IReadOnlyList<string>? further)
    {
        var found = Find(text, root, further);
        return UserNamespace.HasOneUser && (found.Uid, found.Gid) != (0, 0)
            ? throw new RefusedException($"unable to setup user {found.Uid}:{found.Gid}: without subordinate ids for you (/etc/subuid, /etc/subgid) a container has only root.", Refused)
            : found;
    }

    internal static UserLookup Find(string text, IReadOnlyList<string[]> passwd, IReadOnlyList<string[]> groups, IReadOnlyList<string> further)
    {
        var parts = text.Split(':', 2);
        var user = parts[0].Length == 0 ? "0" : parts[0];
        var entry = passwd.FirstOrDefault(fields => fields.Length > 5 && (fields[0] == user || fields[2] == user));
        var uid = Number(entry?[2] ?? user) ?? throw new RefusedException($"unable to find user {user}: no matching entries in passwd file.", Refused);
        var gid = entry is null ? 0 : Number(entry[3]) ?? 0;
        if (parts is [_, var named]) gid = Group(named, groups);
        var listed = entry is null || parts.Length > 1 ? [] : groups.Where(fields => fields.Length > 3 && fields[3].Split(',').Contains(entry[0])).Select(fields => Number(fields[2])).OfType<uint>();
        return new UserLookup(uid, gid, [.. listed.Prepend(gid).Concat(further.Select(group => Group(group, groups))).Distinct()], entry?[5] is { Length: > 0 } home ? home : "/");
    }

    private static uint Group(string group, IReadOnlyList<string[]> groups)
    {
        var named = groups.FirstOrDefault(fields => fields.Length > 2 && (fields[0] == group || fields[2] == group));
        return Number(named?[2] ?? group) ?? throw new RefusedException($"unable to find group {group}: no matching entries in group file.", Refused);
    }

    private static uint? Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    // A link in the image may point anywhere: it is followed inside the container's root only. And a node of a device leads to the host's: some act when they are opened.
    private static List<string[]> Lines(DirFd root, ReadOnlySpan<byte> path)
    {
        if (Syscall.OpenAt2(root, path, OpenFlags.Path, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var found) != Errno.None) return [];
        var isFile = Syscall.Stat(found, out var status) == Errno.None && status.Type == FileType.Regular;
        var file = Fd.None;
        if (isFile) _ = Syscall.Open($"/proc/self/fd/{found.Number}", OpenFlags.ReadOnly, out file);
        found.Close();
        var text = new byte[1 << 20]; // a list of users that is longer is none
        var length = 0;
        while (length < text.Length && Syscall.Read(file, text.AsSpan(length), out var count) == Errno.None && count > 0) length += count;
        file.Close();
        return [.. Encoding.UTF8.GetString(text, 0, length).Split('\n').Select(line => line.Split(':'))];
    }
}
