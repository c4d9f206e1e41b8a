using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Paths of a union: names between slashes, from its root.</summary>
internal static class UnionPath
{
    /// <summary>INVAL for "..", which only the kernel can resolve, and for NUL. Empty names and "." are left out.</summary>
    public static Errno Split(ReadOnlySpan<byte> path, out List<byte[]> names)
    {
        names = [];
        if (path.Contains((byte)0)) return Errno.INVAL;
        foreach (var range in path.Split((byte)'/'))
        {
            var name = path[range];
            if (name is [] or [(byte)'.']) continue;
            if (name is [(byte)'.', (byte)'.']) return Errno.INVAL;
            if (name.Length > Tree.MaxName) return Errno.NAMETOOLONG;
            names.Add(name.ToArray());
        }
        return Errno.None;
    }

    public static byte[] Join(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name) => [.. directory, (byte)'/', .. name];

    public static byte[] Join(IEnumerable<byte[]> names)
    {
        byte[] path = [];
        foreach (var name in names) path = Join(path, name);
        return path.Length == 0 ? "/"u8.ToArray() : path;
    }
}
