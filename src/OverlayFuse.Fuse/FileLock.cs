namespace OverlayFuse.Fuse;

/// <summary>A byte-range lock (fcntl(2)) or a whole-file one (flock(2)).</summary>
public readonly record struct FileLock(ulong Owner, ulong Start, ulong End, int Type, uint Pid, bool IsFlock);
