using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>Mounting by fusermount3, which is set-uid root: it opens /dev/fuse, mounts, and hands the descriptor over a socket.</summary>
internal static class HelperMount
{
    private const int SocketNumber = 3;

    public static Fd Mount(MountRequest request, byte[] path, bool isDeviceClosed)
    {
        // Unlike the access times it does not know either, this one is there to keep somebody out.
        if (request.Flags.HasFlag(MountFlags.NoSymlinkFollow)) throw Mounter.Failure(path, MountText.NoSymlinkFollow);

        var error = Syscall.SocketPair(SocketKind.Stream, out var ours, out var theirs);
        if (error != Errno.None) throw Mounter.Failure(path, $"no socket for fusermount3: {error.Describe()}");

        try
        {
            var helper = Helper.Run(["-o"u8.ToArray(), Options(request), "--"u8.ToArray(), path], theirs, SocketNumber);
            theirs.Close();
            theirs = Fd.None;
            if (helper.IsAbsent) throw Mounter.Failure(path, MountText.NoHelper);

            if (Syscall.ReceiveDescriptor(ours, out var device) == Errno.None) return device;
            throw Mounter.Failure(path, Why(helper, path, isDeviceClosed));
        }
        finally
        {
            ours.Close();
            theirs.Close();
        }
    }

    /// <summary>The options as fusermount3 takes them; commas and backslashes in values are escaped.</summary>
    internal static byte[] Options(MountRequest request)
    {
        var text = new List<byte>();
        void Add(ReadOnlySpan<byte> part)
        {
            if (text.Count > 0) text.Add((byte)',');
            text.AddRange(part);
        }

        Add(request.Flags.HasFlag(MountFlags.ReadOnly) ? "ro"u8 : "rw"u8);
        if (request.Flags.HasFlag(MountFlags.NoSuid)) Add("nosuid"u8);
        if (request.Flags.HasFlag(MountFlags.NoDev)) Add("nodev"u8);
        if (request.Flags.HasFlag(MountFlags.NoExec)) Add("noexec"u8);
        if (request.Flags.HasFlag(MountFlags.NoAtime)) Add("noatime"u8);
        if (request.Flags.HasFlag(MountFlags.Synchronous)) Add("sync"u8);
        if (request.Flags.HasFlag(MountFlags.DirSync)) Add("dirsync"u8);
        Add("default_permissions"u8);
        if (request.AllowOther) Add("allow_other"u8);
        Add([.. "subtype="u8, .. Escape(Encoding.UTF8.GetBytes(request.Subtype))]);
        Add([.. "fsname="u8, .. Escape(request.Source)]);
        return [.. text];
    }

    private static byte[] Escape(ReadOnlySpan<byte> value)
    {
        var escaped = new List<byte>(value.Length);
        foreach (var b in value)
        {
            if (b is (byte)',' or (byte)'\\') escaped.Add((byte)'\\');
            escaped.Add(b);
        }
        return [.. escaped];
    }

    private static string Why(Helper.Outcome helper, byte[] path, bool isDeviceClosed)
    {
        // The helper is not let into a mount of the user's own and calls that a lack of permission.
        if (MountInfo.Find(path) is { } there && there.Type.StartsWith("fuse", StringComparison.Ordinal)) return MountText.Of(Errno.BUSY);

        var words = helper.Words.Length == 0 ? $"fusermount3 failed with exit code {helper.ExitCode}" : helper.Words;
        return isDeviceClosed && words.Contains("/dev/fuse", StringComparison.Ordinal)
            ? $"{MountText.DeviceClosed(Syscall.GetEUid())}\n({words})"
            : words;
    }
}
