namespace OverlayFuse.Union;

/// <summary>How a name is removed: taken out of the upper, hidden by a whiteout, or both in one step.</summary>
/// <remarks>Kernel: Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories".</remarks>
internal readonly record struct RemovePlan(bool TakesUpper, bool LeavesWhiteout)
{
    /// <param name="hasUpper">The upper has an object of that name.</param>
    /// <param name="hasBelow">A lower layer would show one.</param>
    public static RemovePlan For(bool hasUpper, bool hasBelow) => new(hasUpper, hasBelow);
}
