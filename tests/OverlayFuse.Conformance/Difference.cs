namespace OverlayFuse.Conformance;

/// <summary>A place where an engine is known not to do what the case says.</summary>
/// <param name="Engines">The engines that differ.</param>
/// <param name="Origins">For objects from where.</param>
/// <param name="Seen">What the case reports there; a part of its failure.</param>
/// <param name="Because">The limit of FUSE or of the kernel that forces it.</param>
public sealed record Difference(Engine Engines, Origin Origins, string Seen, string Because);
