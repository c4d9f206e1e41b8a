namespace OverlayFuse.SideBySide;

/// <summary>overlayfs of the running kernel, with its own defaults.</summary>
internal sealed class KernelEngine : Engine
{
    public override string Description => $"overlayfs of Linux {Machine.Kernel}, default options";

    public override bool HasDaemon => false;

    // By mount(8), as others are mounted by a program too.
    public override void Mount(Stack stack, SyncMode sync) => Programs.Run("mount", "-t", "overlay", "overlay", "-o",
        $"lowerdir={stack.LowerText},upperdir={stack.Upper},workdir={stack.Work}{(sync == SyncMode.Volatile ? ",volatile" : "")}", stack.Merged);
}
