namespace OverlayFuse.SideBySide;

/// <summary>Any other, mounted by a command line of the shell in which {lower}, {upper}, {work} and {merged} are filled in.</summary>
internal sealed class CommandEngine : Engine
{
    /// <summary>The name of the one that distributions have.</summary>
    public const string Rival = "fuse-overlayfs";

    public const string RivalTemplate = $"{Rival} -o lowerdir={{lower}},upperdir={{upper}},workdir={{work}} {{merged}}";

    public required string Template { get; init; }

    public override string Description => $"{Programs.Version(Template.Split(' ')[0]) ?? "?"}: {Template}";

    public override bool CanSync => false;

    public override void Mount(Stack stack, SyncMode sync) => Programs.Run("/bin/sh", "-c",
        Template.Replace("{lower}", stack.LowerText).Replace("{upper}", stack.Upper).Replace("{work}", stack.Work).Replace("{merged}", stack.Merged));
}
