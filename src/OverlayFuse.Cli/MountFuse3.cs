using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>setuid= and drop_privileges, which mount.fuse3(8) serves: it becomes the user, opens the device where that is asked for, and starts this program again.</summary>
internal static class MountFuse3
{
    private const string Name = "mount.fuse3";

    /// <summary>What it takes away from the options before it starts us, exactly as written: with anything else we would start each other for ever.</summary>
    public static bool IsAskedFor(MountWords words) => words is { LayerFile: null, LogFile: null, Foreground: false, Debug: false } &&
        words.OptionLists.SelectMany(OptionText.Elements).Any(element => element is { Name: "setuid", RawValue.Length: > 0 } or { Name: "drop_privileges", RawValue: null });

    /// <summary>Its words, as mount(8) writes them.</summary>
    public static List<byte[]> Arguments(byte[] program, MountWords words)
    {
        // Else a program with a path would be the type of the mount.
        var type = ByteText.Bytes($",subtype={words.Subtype}");
        var options = words.OptionLists.Aggregate((all, next) => [.. all, (byte)',', .. next]);
        return [ByteText.Bytes(Name), [.. program, (byte)'#', .. words.Source ?? ByteText.Bytes(words.Subtype)], words.MountPoint, "-o"u8.ToArray(), [.. options, .. type]];
    }

    /// <exception cref="MountException">It is not there.</exception>
    public static int Run(MountWords words)
    {
        var program = System.Text.Encoding.UTF8.GetBytes(Environment.ProcessPath ?? throw new MountException("cannot tell where this program is: /proc is not mounted."));
        var arguments = Arguments(program, words);

        // It looks at the mount point itself, and the other user could not take away what root has mounted.
        _ = MountPlace.Clear(words.MountPoint, words.Subtype, OverlayType.IsUnion);
        var error = Errno.NOENT;
        foreach (var file in new[] { Name, "/sbin/" + Name })
        {
            error = Syscall.Spawn(new SpawnRequest { File = ByteText.Bytes(file), Arguments = arguments }, out var pid);
            if (error != Errno.None) continue;
            _ = Syscall.WaitPid(pid, out var exitCode);
            return exitCode;
        }
        throw new MountException($"cannot mount on {ByteText.Show(words.MountPoint)} as another user: {Name}, which serves setuid= and drop_privileges, " +
            (error == Errno.NOENT ? "is not installed.\nInstall fuse3, as in: apt-get install fuse3" : $"cannot be started: {error.Describe()}."));
    }
}
