using System.Diagnostics;

namespace OverlayFuse.Union;

/// <summary>Asserts in debug builds that locks are taken in the order that README.md, "Locks", gives.</summary>
internal static class Ranks
{
    public const int Gate = 1;
    public const int Names = 2;
    public const int OpenFiles = 3;

    [ThreadStatic]
    private static int _held;

    [Conditional("DEBUG")]
    public static void Entering(int rank)
    {
        Debug.Assert(_held >> rank == 0, "a lock of this rank or of one below it is held already");
        _held |= 1 << rank;
    }

    [Conditional("DEBUG")]
    public static void Left(int rank) => _held &= ~(1 << rank);
}
