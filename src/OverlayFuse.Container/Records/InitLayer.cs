using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The layer between image and container: the places that are mounted over, so that they are no changes of the container's.</summary>
internal static class InitLayer
{
    private static readonly string[] Directories = ["dev", "dev/pts", "dev/shm", "dev/mqueue", "proc", "sys", "etc"];
    private static readonly string[] Files = ["etc/hosts", "etc/hostname", "etc/resolv.conf", "dev/console", ".dockerenv"];

    // All users of the container pass here, whatever the umask of who makes it is.
    private const uint ReadableFile = Mode.OwnerReadWriteOthersRead;

    public static void Fill(string diff)
    {
        try
        {
            foreach (var directory in Directories.Select(name => Path.Combine(diff, name)))
            {
                Directory.CreateDirectory(directory);
                _ = Syscall.Chmod(directory, VolumeStore.ReadableDirectory);
            }
            foreach (var file in Files.Select(name => Path.Combine(diff, name)))
            {
                File.Create(file).Dispose();
                _ = Syscall.Chmod(file, ReadableFile);
            }
            File.CreateSymbolicLink(Path.Combine(diff, "etc/mtab"), "/proc/mounts");
        }
        catch (IOException e)
        {
            throw new RefusedException($"cannot write below {diff}: {FileErrors.Reason(e)}.", 125);
        }
    }
}
