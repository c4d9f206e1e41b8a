namespace OverlayFuse.SideBySide;

/// <summary>What FUSE itself costs: a server in C (bench/bare) on a mount of the kernel's overlayfs, which does all that a union has to do.</summary>
internal sealed class BareEngine : Engine
{
    private static readonly string Sources = $"{AppContext.BaseDirectory}bare";
    private static readonly string Server = $"{Sources}/bare";

    public override string Description => "a FUSE server in C that does nothing but pass requests on to a mount of the kernel's overlayfs";

    /// <summary>It syncs nothing; what the kernel's overlayfs syncs cannot be seen.</summary>
    public override bool ShowsSyncs => false;

    /// <summary>Compiles the server, whose sources lie beside this program.</summary>
    public static void Build() => Programs.Run(["cc", "-O2", "-pthread", "-o", Server, .. Directory.GetFiles(Sources, "*.c")]);

    public override void Mount(Stack stack, SyncMode sync)
    {
        string[] words = [Server, stack.LowerText, stack.Upper, stack.Work, stack.Merged];
        Programs.Run(sync == SyncMode.Volatile ? [.. words, "volatile"] : words);
    }
}
