namespace OverlayFuse.Linux;

/// <summary>A system call about to be made, with what it takes to make it again elsewhere. Valid during <see cref="ISyscallWatcher.Before"/> only.</summary>
internal readonly ref struct WatchedCall(SyscallName call, int descriptor, ReadOnlySpan<byte> name = default)
{
    /// <summary>Which call.</summary>
    public SyscallName Call { get; } = call;

    /// <summary>The file, or the directory that <see cref="Name"/> is relative to.</summary>
    public int Descriptor { get; } = descriptor;

    /// <summary>The object's name, or its old one; empty where the descriptor is the object.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>The directory of the new name of a rename or link; the source of a clone or copy.</summary>
    public int OtherDescriptor { get; init; } = -1;

    /// <summary>The new name of a rename or link; the name of an extended attribute.</summary>
    public ReadOnlySpan<byte> OtherName { get; init; }

    /// <summary>The bytes written, the value of an attribute, the target of a symbolic link; two timestamps as utimensat(2) takes them.</summary>
    public ReadOnlySpan<byte> Data { get; init; }

    /// <summary>Where in the file; the new size of a truncation; the device number of a node.</summary>
    public long Offset { get; init; }

    /// <summary>How much of it, where <see cref="Data"/> does not say; the mode of a file that an open makes.</summary>
    public long Length { get; init; }

    /// <summary>Flags; else a mode with its type, an owner (uid above gid), or where in its source a copy begins.</summary>
    public ulong Detail { get; init; }

    /// <summary>Whether the disk may be another one afterwards. Opening changes it when it makes or cuts a file; syncing never does.</summary>
    public bool Changes => Call switch
    {
        SyscallName.FSync or SyscallName.FDataSync or SyscallName.SyncFs or SyscallName.SyncFileRange => false,
        SyscallName.Open => (Detail & (ulong)(OpenFlags.Create | OpenFlags.Truncate)) != 0,
        _ => true,
    };
}
