namespace OverlayFuse.Union;

/// <summary>A directory that is open to its owner for a moment: the node, and the mode to come back to.</summary>
internal readonly record struct Widening(int Slot, uint Mode, WidenTicket Ticket)
{
    /// <summary>Nothing was changed, for it was open. Notes are counted from 1.</summary>
    public bool IsNone => Ticket.Number == 0;
}
