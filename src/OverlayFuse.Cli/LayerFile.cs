using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>The file of --layers: one path a line, or each closed by a NUL; topmost layer first.</summary>
internal static class LayerFile
{
    /// <exception cref="MountException">The file cannot be read or holds no path.</exception>
    public static List<byte[]> Read(string carriedPath)
    {
        var shown = ByteText.Show(carriedPath);
        var layers = Parse(Content(carriedPath, shown));
        return layers.Count > 0 ? layers : throw new MountException($"cannot take the layers from {shown}: it holds no path. Write one path a line, the topmost layer first.");
    }

    /// <summary>A NUL anywhere makes NUL the separator, so that paths may hold line ends. Empty lines count for nothing.</summary>
    internal static List<byte[]> Parse(ReadOnlySpan<byte> content)
    {
        var separator = content.Contains((byte)0) ? (byte)0 : (byte)'\n';
        var layers = new List<byte[]>();
        foreach (var range in content.Split(separator))
        {
            var path = content[range];
            if (!path.IsEmpty) layers.Add(path.ToArray());
        }
        return layers;
    }

    private static byte[] Content(string carriedPath, string shown)
    {
        var error = Syscall.OpenAt(DirFd.Cwd, ByteText.Bytes(carriedPath), OpenFlags.ReadOnly, 0, out var file);
        if (error != Errno.None) throw new MountException($"cannot read the layers from {shown}: {error.Describe()}.");
        try
        {
            return Descriptors.ReadToEnd(file, out error) ?? throw new MountException($"cannot read the layers from {shown}: {error.Describe()}.");
        }
        finally
        {
            file.Close();
        }
    }
}
