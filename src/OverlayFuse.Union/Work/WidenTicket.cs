namespace OverlayFuse.Union;

/// <summary>One note in the <see cref="WidenJournal"/>.</summary>
internal readonly record struct WidenTicket(ulong Number);
