using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>Whoever read our output is gone; in docker's words. The container goes on: it is not that something was not started.</summary>
internal sealed class OutputClosedException() : RefusedException("write /dev/stdout: broken pipe");
