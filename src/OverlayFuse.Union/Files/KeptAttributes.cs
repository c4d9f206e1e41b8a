using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// What a file keeps while the kernel writes back its pages, since that is not a write of any user: the time of modification, setuid, setgid and
/// the capability. The file system below sets the one and takes the others away with each write that we do.
/// </summary>
internal struct KeptAttributes
{
    private const uint Privileges = Linux.Mode.SetUid | Linux.Mode.SetGid;

    public Timestamp ModifyTime;
    private uint _privileges;
    private byte[]? _capability;

    /// <summary>As the file has them now.</summary>
    public static KeptAttributes Of(Fd file)
    {
        var kept = new KeptAttributes { ModifyTime = Timestamp.Omit };
        if (Syscall.Stat(file, out var status) != Errno.None) return kept;
        kept.ModifyTime = status.ModifyTime;
        kept.Mode = status.Mode;
        Span<byte> capability = stackalloc byte[FileCapability.MaxLength];
        if (Syscall.GetXattr(file, FileCapability.Name, capability, out var length) == Errno.None) kept.Capability = capability[..length];
        return kept;
    }

    /// <summary>Somebody has given the file this mode.</summary>
    public uint Mode
    {
        set => _privileges = value & Privileges;
    }

    /// <summary>Somebody has given the file this capability, or, empty, removed it.</summary>
    public ReadOnlySpan<byte> Capability
    {
        set => _capability = value.IsEmpty ? null : value.ToArray();
    }

    public readonly bool TryGetCapability(Span<byte> buffer, out int length)
    {
        length = _capability?.Length ?? 0;
        return _capability is not null && _capability.AsSpan().TryCopyTo(buffer);
    }

    /// <summary>Puts back what the writing has changed.</summary>
    public readonly void GiveTo(Fd file)
    {
        if (_capability is not null) _ = Syscall.SetXattr(file, FileCapability.Name, _capability, XattrFlags.None);
        if (_privileges != 0 && Syscall.Stat(file, out var status) == Errno.None && (status.Mode & _privileges) != _privileges)
            _ = Syscall.Chmod(file, (status.Mode & Linux.Mode.Permissions) | _privileges);
        _ = Syscall.Utimens(file, Timestamp.Omit, ModifyTime);
    }
}
