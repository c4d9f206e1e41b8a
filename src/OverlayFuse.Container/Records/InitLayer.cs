using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>The layer between image and container: the places that are mounted over, so that they are no changes of the container's.</summary>
internal static class InitLayer
{
    private static readonly string[] Directories = ["dev", "dev/pts", "dev/shm", "dev/mqueue", "proc", "sys", "etc"];
    private static readonly string[] Files = ["etc/hosts", "etc/hostname", "etc/resolv.conf", "dev/console", ".dockerenv"];

    public static void Fill(string diff)
    {
        try
        {
            foreach (var directory in Directories) Directory.CreateDirectory(Path.Combine(diff, directory));
            foreach (var file in Files) File.Create(Path.Combine(diff, file)).Dispose();
            File.CreateSymbolicLink(Path.Combine(diff, "etc/mtab"), "/proc/mounts");
        }
        catch (IOException)
        {
            throw new RefusedException($"cannot write below {diff}: is the disk full?", 125);
        }
    }
}
