namespace OverlayFuse.Container;

/// <summary>Names as people count: v2 before v10, and digits before all else. Pure.</summary>
/// <remarks>The order in which docker lists volumes: github.com/fvbommel/sortorder, NaturalLess.</remarks>
internal sealed class NaturalOrder : IComparer<string>
{
    public static readonly NaturalOrder Instance = new();

    public int Compare(string? left, string? right)
    {
        var a = left.AsSpan();
        var b = right.AsSpan();
        while (a.Length > 0 && b.Length > 0)
        {
            var (number, other) = (Digits(a), Digits(b));
            if (number == 0 || other == 0)
            {
                if (number != other) return number > 0 ? -1 : 1;
                if (a[0] != b[0]) return a[0].CompareTo(b[0]);
                (number, other) = (1, 1);
            }
            else if (CompareNumbers(a[..number], b[..other]) is var order and not 0) return order;
            a = a[number..];
            b = b[other..];
        }
        return a.Length.CompareTo(b.Length);
    }

    private static int Digits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? end : text.Length;

    // By value, of whatever length; the one with fewer zeros before it goes first.
    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var a = left.TrimStart('0');
        var b = right.TrimStart('0');
        if (a.Length != b.Length) return a.Length.CompareTo(b.Length);
        return a.SequenceCompareTo(b) is var order and not 0 ? order : left.Length.CompareTo(right.Length);
    }
}
