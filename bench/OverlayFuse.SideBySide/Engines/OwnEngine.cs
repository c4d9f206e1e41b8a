namespace OverlayFuse.SideBySide;

/// <summary>OverlayFuse: the published executable, in one of its data modes.</summary>
internal sealed class OwnEngine : Engine
{
    public required string Executable { get; init; }

    /// <summary>cached or passthrough.</summary>
    public required string Data { get; init; }

    /// <summary>device or ring.</summary>
    public string Transport { get; init; } = "device";

    /// <summary>Lower files of more bytes come up block by block: the value of partial=.</summary>
    public required string Partial { get; init; }

    public override string Description => $"{Programs.Version(Executable) ?? "?"}, data={Data}{(Transport == "device" ? "" : $", transport={Transport}")}{(User is null ? "" : $", mounted by {User.Name}")}";

    public override void Mount(Stack stack, SyncMode sync) => Programs.Run(Executable, "mount", "-o",
        $"lowerdir={stack.LowerText},upperdir={stack.Upper},workdir={stack.Work},data={Data},transport={Transport},partial={Partial},fsync={(sync == SyncMode.Volatile ? "volatile" : "ordered")}", stack.Merged);
}
