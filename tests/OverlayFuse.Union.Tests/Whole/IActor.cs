using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Carries out what a case says, in a union without a mount (<see cref="Kernel"/>) or in a mounted one (<see cref="SystemCalls"/>).</summary>
/// <remarks>A target is a path from the root of the union, or "@name" for a descriptor that <see cref="Open"/> gave a name.</remarks>
internal interface IActor
{
    Errno Open(string descriptor, string path, OpenFlags flags);

    Errno Close(string descriptor);

    Errno Create(string path, ReadOnlySpan<byte> bytes, uint mode);

    Errno Mkdir(string path, uint mode);

    Errno Symlink(string target, string path);

    Errno Mknod(string path, uint mode, uint major, uint minor);

    Errno Link(string target, string newPath);

    Errno Remove(string path, bool isDirectory);

    Errno Rename(string oldPath, string newPath, RenameFlags flags);

    /// <summary>Writes at an offset, or where the descriptor stands.</summary>
    Errno Write(string target, ReadOnlySpan<byte> bytes, long? offset);

    /// <summary>All bytes of a file.</summary>
    Errno Read(string target, out byte[] bytes);

    Errno Truncate(string target, long size);

    Errno Allocate(string target, FallocateMode mode, long offset, long length);

    Errno Seek(string target, long offset, Whence whence, out long found);

    Errno Copy(string from, string to, long length);

    Errno FSync(string target);

    Errno Stat(string target, out FileStatus status);

    Errno Chmod(string target, uint mode);

    Errno Chown(string target, uint uid, uint gid);

    Errno Utimens(string target, Timestamp access, Timestamp modify);

    Errno SetXattr(string target, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);

    Errno GetXattr(string target, ReadOnlySpan<byte> name, out byte[] value);

    Errno RemoveXattr(string target, ReadOnlySpan<byte> name);

    Errno ListXattr(string target, out byte[] names);

    Errno ReadLink(string path, out byte[] target);

    /// <summary>The names in a directory, "." and ".." left out; a descriptor is rewound first.</summary>
    Errno List(string target, out List<Listed> names);
}
