using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>What is known of one side of a rename.</summary>
/// <param name="Exists">The union shows the name.</param>
/// <param name="Type">Its type.</param>
/// <param name="HasLowers">A directory with members in lower layers.</param>
/// <param name="HasBelow">A lower layer shows the name; what is put there must not merge with it, and what leaves must hide it.</param>
/// <param name="IsEmpty">A directory without names in the union.</param>
internal readonly record struct RenameFacts(bool Exists, FileType Type, bool HasLowers, bool HasBelow, bool IsEmpty);
