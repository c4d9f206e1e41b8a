namespace OverlayFuse.Union;

/// <summary>What has to be done before a partial file is served again.</summary>
/// <param name="Limit">The limit from now on.</param>
/// <param name="CutTo">The size to which the upper file is still to be cut; null: none.</param>
/// <param name="DropsUncommitted">There was another boot: of the present blocks only the committed ones are known to be on disk.</param>
internal readonly record struct PartialRecovery(ulong Limit, ulong? CutTo, bool DropsUncommitted)
{
    public static PartialRecovery For(in PartialSlot slot, BootId boot, ulong upperSize)
    {
        var isOtherBoot = slot.Boot != boot;
        var limit = slot.Limit;
        ulong? cutTo = null;

        // A cut that was done may have been undone by the loss of power. What came after it was never synced, or the note would be gone: so
        // the state right after the cut is one that was, whatever size the file has by now.
        if (slot.Cut == Cut.Begun || (slot.Cut == Cut.Done && isOtherBoot))
        {
            limit = Math.Min(limit, slot.CutTo);
            if (upperSize > slot.CutTo) cutTo = slot.CutTo;
        }
        return new PartialRecovery(Math.Min(limit, cutTo ?? upperSize), cutTo, isOtherBoot);
    }

    /// <summary>Nothing: the map can be used as it is.</summary>
    public bool IsNothing(in PartialSlot slot) => !DropsUncommitted && CutTo is null && Limit == slot.Limit && slot.Cut != Cut.Begun;
}
