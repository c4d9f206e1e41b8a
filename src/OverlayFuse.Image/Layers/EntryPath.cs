namespace OverlayFuse.Image;

/// <summary>The name of an archive's entry, taken apart: from the root of the layer, without "." and empty components.</summary>
internal static class EntryPath
{
    public const int LongestPath = 4095;
    private const int LongestName = 255;

    /// <summary>Empty for the root itself.</summary>
    /// <exception cref="InvalidDataException">It leads outside, or no file system takes it.</exception>
    public static List<byte[]> Parse(ReadOnlySpan<byte> name)
    {
        if (name.Length > LongestPath) throw new InvalidDataException($"it holds a path of {name.Length} bytes, more than the {LongestPath} allowed");
        if (name.Contains((byte)0)) throw new InvalidDataException("it holds a path that contains a NUL");
        var components = new List<byte[]>();
        foreach (var range in name.Split((byte)'/'))
        {
            var component = name[range];
            if (component is [] or [(byte)'.']) continue;
            if (component is [(byte)'.', (byte)'.']) throw new InvalidDataException($"it holds the path {Show(name)}, which leads outside of the layer");
            if (component.Length > LongestName) throw new InvalidDataException($"it holds a name of {component.Length} bytes, more than the {LongestName} allowed");
            components.Add(component.ToArray());
        }
        return components;
    }

    public static byte[] Join(IEnumerable<byte[]> components)
    {
        var path = new MemoryStream();
        foreach (var component in components)
        {
            if (path.Length > 0) path.WriteByte((byte)'/');
            path.Write(component);
        }
        return path.ToArray();
    }

    /// <summary>For messages: what no terminal should get is written as a question mark.</summary>
    public static string Show(ReadOnlySpan<byte> name)
    {
        Span<char> shown = new char[name.Length];
        for (var i = 0; i < name.Length; i++) shown[i] = name[i] is >= (byte)' ' and < 0x7f ? (char)name[i] : '?';
        return shown.ToString();
    }
}
