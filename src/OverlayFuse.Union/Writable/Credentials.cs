using System.Globalization;
using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Who this daemon is, and so which owners it can give to what it makes.</summary>
internal sealed class Credentials
{
    private readonly uint _uid = Syscall.GetEUid();
    private readonly HashSet<uint> _groups;
    private readonly bool _isIdMapped;
    private readonly List<(uint First, uint Count)> _uids;
    private readonly List<(uint First, uint Count)> _gids;

    private Credentials(HashSet<uint> groups, List<(uint, uint)> uids, List<(uint, uint)> gids, bool mayLoseOwners)
    {
        _groups = groups;
        MayLoseOwners = mayLoseOwners;
        (_uids, _gids) = (uids, gids);
        _isIdMapped = uids is not [(0, uint.MaxValue)];
    }

    /// <summary>Root, in the initial user namespace or in one of its own.</summary>
    public bool IsRoot => _uid == 0;

    /// <summary>Root on this machine and not just in a namespace.</summary>
    public bool IsHostRoot => IsRoot && !_isIdMapped;

    public uint Uid => _uid;

    public uint Gid { get; } = Syscall.GetEGid();

    /// <summary>Where the upper keeps owners: in marks, any can be kept.</summary>
    public OverrideForm Overrides { get; init; }

    /// <summary>The owners of objects are not shown, so it does not matter that some cannot be kept.</summary>
    public bool MayLoseOwners { get; }

    public static Credentials OfThisProcess(OverrideForm overrides, bool mayLoseOwners = false)
    {
        HashSet<uint> groups = [Syscall.GetEGid()];
        _ = ProcFile.ReadAll("/proc/self/status", out var status);
        foreach (var line in Encoding.UTF8.GetString(status).Split('\n'))
        {
            if (!line.StartsWith("Groups:", StringComparison.Ordinal)) continue;
            foreach (var group in line[7..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) groups.Add(uint.Parse(group, CultureInfo.InvariantCulture));
        }
        return new Credentials(groups, UserNamespace.UserIds ?? [], UserNamespace.GroupIds ?? [], mayLoseOwners) { Overrides = overrides };
    }

    /// <summary>
    /// Whether an object of this owner can be made. OVERFLOW: the id has no meaning in our user namespace; PERM: it is not ours to give.
    /// </summary>
    public Errno MayOwn(uint uid, uint gid)
    {
        if (MayLoseOwners || Overrides != OverrideForm.None) return Errno.None;
        if (_isIdMapped && (!IsMapped(_uids, uid) || !IsMapped(_gids, gid))) return Errno.OVERFLOW;
        if (IsRoot) return Errno.None;
        return uid == _uid && _groups.Contains(gid) ? Errno.None : Errno.PERM;
    }

    private static bool IsMapped(List<(uint First, uint Count)> map, uint id) => map.Exists(range => id - range.First < range.Count && id >= range.First);
}
