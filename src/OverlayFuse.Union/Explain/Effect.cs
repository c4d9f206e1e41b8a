using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Where a deed would go.</summary>
/// <param name="Bytes">How many are copied, or stay below.</param>
/// <param name="Refusal">For <see cref="EffectKind.Refused"/>.</param>
public sealed record Effect(Deed Deed, EffectKind Kind, ulong Bytes = 0, Errno Refusal = Errno.None)
{
    /// <summary>All that can be done to a path, by the same plans by which it would be done. Pure.</summary>
    internal static List<Effect> Of(in EffectFacts facts)
    {
        var effects = new List<Effect>();
        if (facts.Exists)
        {
            if (facts.Type == FileType.Regular) effects.Add(Change(Deed.Write, CopyUpReason.Write, facts));
            effects.Add(Change(Deed.Chmod, CopyUpReason.Metadata, facts));
            if (facts.IsRoot) return effects;
            effects.Add(Remove(facts));
            if (facts.Type == FileType.Directory) effects.Add(Rename(facts));
        }
        else effects.Add(Create(facts));
        return effects;
    }

    private static Effect Change(Deed deed, CopyUpReason reason, in EffectFacts facts)
    {
        if (facts.Refusal is var refusal and not Errno.None) return new Effect(deed, EffectKind.Refused, 0, refusal);
        if (facts.IsCovered && facts.Type != FileType.Directory) return new Effect(deed, EffectKind.Refused, 0, Errno.BUSY);
        if (facts.InUpper || facts.IsSharedCopy)
            return facts.IsMetacopy && !facts.IsPartial && deed == Deed.Write
                ? new Effect(deed, EffectKind.Complete, facts.CopyUp.Size)
                : new Effect(deed, EffectKind.InPlace);

        var plan = CopyUpPlan.For(facts.CopyUp, reason);
        if (plan.Refusal != Errno.None) return new Effect(deed, EffectKind.Refused, 0, plan.Refusal);
        return plan.Content switch
        {
            CopyUpContent.Bytes => new Effect(deed, EffectKind.CopyWhole, plan.Length),
            CopyUpContent.Blocks => new Effect(deed, EffectKind.CopyBlocks, plan.Length),
            CopyUpContent.MetadataOnly => new Effect(deed, EffectKind.CopyMetadata, facts.CopyUp.Size),
            _ => new Effect(deed, EffectKind.CopyEmpty),
        };
    }

    private static Effect Remove(in EffectFacts facts)
    {
        if (facts.Refusal is var refusal and not Errno.None) return new Effect(Deed.Remove, EffectKind.Refused, 0, refusal);
        if (facts.IsCovered) return new Effect(Deed.Remove, EffectKind.Refused, 0, Errno.BUSY);
        var plan = RemovePlan.For(facts.InUpper, facts.HasBelow);
        return new Effect(Deed.Remove, !plan.TakesUpper ? EffectKind.Hide : plan.LeavesWhiteout ? EffectKind.TakeAwayAndHide : EffectKind.TakeAway);
    }

    private static Effect Rename(in EffectFacts facts)
    {
        if (facts.Refusal is var refusal and not Errno.None) return new Effect(Deed.Rename, EffectKind.Refused, 0, refusal);
        if (facts.IsCovered) return new Effect(Deed.Rename, EffectKind.Refused, 0, Errno.BUSY);
        if (facts.HasLowers && !facts.CopyUp.CanMetacopy) return new Effect(Deed.Rename, EffectKind.Refused, 0, Errno.XDEV);
        if (!facts.InUpper && CopyUpPlan.For(facts.CopyUp, CopyUpReason.Metadata).Refusal is var plan and not Errno.None) return new Effect(Deed.Rename, EffectKind.Refused, 0, plan);
        return new Effect(Deed.Rename, facts.HasLowers ? EffectKind.MoveByRedirect : EffectKind.Move);
    }

    private static Effect Create(in EffectFacts facts)
    {
        if (facts.Refusal is var refusal and not Errno.None) return new Effect(Deed.Create, EffectKind.Refused, 0, refusal);
        return new Effect(Deed.Create, facts.IsHidden ? EffectKind.MakeOverWhiteout : EffectKind.Make);
    }
}
