using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>Who started us and where: what decides the defaults, and makes relative paths absolute.</summary>
/// <param name="IsRoot">Effective user 0 of whatever user namespace we are in.</param>
/// <param name="InUserNamespace">In another user namespace than the first.</param>
/// <param name="Directory">The current directory; paths are bytes.</param>
internal sealed record Caller(bool IsRoot, bool InUserNamespace, byte[] Directory)
{
    /// <summary>SELinux is on, and takes labels for mounts.</summary>
    public bool HasSELinux { get; init; }

    /// <summary>Root as the kernel counts it: with the rights of the first user namespace.</summary>
    public bool IsHostRoot => IsRoot && !InUserNamespace;

    public static Caller Current() => new(Syscall.GetEUid() == 0, UserNamespace.IsInside, CurrentDirectory()) { HasSELinux = File.Exists("/sys/fs/selinux/enforce") };

    public static byte[] CurrentDirectory()
    {
        var directory = new byte[4096];
        return Syscall.ReadLinkAt(DirFd.Cwd, "/proc/self/cwd"u8, directory, out var length) == Errno.None ? directory[..length] : "/"u8.ToArray();
    }

    /// <summary>The path from the root; neither links nor ".." are resolved, since ".." after a link means what the kernel says.</summary>
    public byte[] Absolute(byte[] path) => AbsoluteIn(Directory, path);

    /// <summary>As <see cref="Absolute"/>, seen from a directory.</summary>
    public static byte[] AbsoluteIn(byte[] directory, byte[] path) =>
        path is [(byte)'/', ..] ? path : directory is [.., (byte)'/'] ? [.. directory, .. path] : [.. directory, (byte)'/', .. path];
}
