using System.Globalization;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Between the owners that the layers have and those that the union shows: uidmapping=, gidmapping=, squash_to_uid=, squash_to_gid=.</summary>
/// <remarks>As fuse-overlayfs has it: what is made and given away is stored mapped; squashing changes what is shown only.</remarks>
internal sealed class Owners
{
    private const uint Overflow = 65534; // where /proc does not tell

    private readonly IdMap _uids;
    private readonly IdMap _gids;
    private readonly uint? _squashUid;
    private readonly uint? _squashGid;

    public Owners(UnionOptions options)
    {
        _uids = new IdMap(options.UidMapping, OverflowId("/proc/sys/kernel/overflowuid"));
        _gids = new IdMap(options.GidMapping, OverflowId("/proc/sys/kernel/overflowgid"));
        (_squashUid, _squashGid) = (options.SquashToUid, options.SquashToGid);
    }

    public bool AreMapped => !_uids.IsIdentity || !_gids.IsIdentity;

    /// <summary>Every owner is shown as the same, so nothing is lost when one cannot be given to an object.</summary>
    public bool AreSquashed => _squashUid is not null && _squashGid is not null;

    public uint ShowUid(uint stored) => _squashUid ?? _uids.Show(stored);

    public uint ShowGid(uint stored) => _squashGid ?? _gids.Show(stored);

    /// <summary>
    /// The owner to store of what somebody makes. Whoever has no place in the layers makes it as the overflow user, as container tools rely on: they make
    /// things from outside their map and give them away. OVERFLOW: the mount has no id for the caller at all.
    /// </summary>
    public Errno StoreMaker(ref uint uid, ref uint gid)
    {
        if (uid == Fuse.Request.UnmappedId || gid == Fuse.Request.UnmappedId) return Errno.OVERFLOW;
        _ = _uids.TryStore(uid, out uid);
        _ = _gids.TryStore(gid, out gid);
        return Errno.None;
    }

    /// <summary>What chown(2) is to do; <see cref="uint.MaxValue"/> leaves an id alone. OVERFLOW: an id without a place in the layers.</summary>
    public Errno StoreSome(ref uint uid, ref uint gid)
    {
        if (uid != uint.MaxValue && !_uids.TryStore(uid, out uid)) return Errno.OVERFLOW;
        return gid == uint.MaxValue || _gids.TryStore(gid, out gid) ? Errno.None : Errno.OVERFLOW;
    }

    /// <summary>Maps the named users and groups of an access control list, in place. INVAL: one of those to store has no place.</summary>
    public Errno ShowAcl(Span<byte> acl) => Acl.MapIds(acl, _uids, _gids, toShow: true);

    public Errno StoreAcl(Span<byte> acl) => Acl.MapIds(acl, _uids, _gids, toShow: false);

    /// <summary>The user that a file capability names (<see cref="FileCapability.Show"/>).</summary>
    public Errno ShowCapability(Span<byte> value, ref int length) => FileCapability.Show(value, ref length, _uids);

    public Errno StoreCapability(Span<byte> value) => FileCapability.Store(value, _uids);

    private static uint OverflowId(string path) =>
        ProcFile.ReadAll(path, out var text) == Errno.None && uint.TryParse(text, CultureInfo.InvariantCulture, out var id) ? id : Overflow;
}
