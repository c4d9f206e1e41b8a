namespace OverlayFuse.Cli;

/// <summary>Who speaks to us: it decides what is on by default and how strict we are with options we do not know.</summary>
internal enum MountForm
{
    /// <summary>"overlayfuse mount": a person. Unknown options are errors.</summary>
    Verb,

    /// <summary>"overlayfuse -o ... MERGED" and "overlayfuse SOURCE MERGED -o ...": container tools and mount(8). Unknown options are named and left.</summary>
    DropIn,

    /// <summary>As mount.fuse.overlayfuse, by mount(8): as the form before, with the defaults of mount(8).</summary>
    MountHelper,
}
