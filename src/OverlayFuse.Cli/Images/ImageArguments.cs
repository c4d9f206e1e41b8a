using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>What the verbs of images share.</summary>
internal static class ImageArguments
{
    /// <summary>A file that was named, or all of standard input in a file of ours.</summary>
    /// <param name="isOurs">It has to be removed.</param>
    /// <exception cref="IOException">The disk is full; no file is left.</exception>
    public static string File(StateDirectory state, string? name, out bool isOurs)
    {
        isOurs = name is null or "-";
        if (!isOurs) return ByteText.Text(name!);
        var path = state.NewTemporary();
        try
        {
            using var file = System.IO.File.Create(path);
            using var input = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(0, ownsHandle: false), FileAccess.Read, 0);
            input.CopyTo(file);
            return path;
        }
        catch
        {
            System.IO.File.Delete(path);
            throw;
        }
    }

    /// <summary>The archive of a file or of standard input, for as long as <paramref name="use"/> takes.</summary>
    public static T With<T>(StateDirectory state, string? name, Func<string, T> use)
    {
        var path = File(state, name, out var isOurs);
        try
        {
            return use(path);
        }
        catch (RefusedException e) when (isOurs)
        {
            throw new RefusedException(e.Message.Replace(path, "standard input", StringComparison.Ordinal), e.ExitCode);
        }
        finally
        {
            if (isOurs) System.IO.File.Delete(path);
        }
    }

    public static void SayOwners(int withoutOwner)
    {
        if (withoutOwner > 0) Terminal.Say($"{withoutOwner} files belong to users for whom you have no ids, and are now yours. An entry for you in /etc/subuid and /etc/subgid gives you ids.");
    }
}
