namespace OverlayFuse.Union;

/// <summary>Paths in the order of a walk: names in the order of their bytes, and what is in a directory before what stands beside it.</summary>
internal static class PathOrder
{
    public static int Compare(byte[] one, byte[] other)
    {
        var same = one.AsSpan().CommonPrefixLength(other);
        return RankAt(one, same) - RankAt(other, same);
    }

    private static int RankAt(byte[] path, int at) => at == path.Length ? -1 : path[at] == (byte)'/' ? 0 : path[at] + 1;
}
