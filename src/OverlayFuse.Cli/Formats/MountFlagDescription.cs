using System.Text.Json.Nodes;
using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>A mount as --mount asked for it, in HostConfig.Mounts of inspect. What was not said is left out.</summary>
/// <remarks>moby, api/types/mount.</remarks>
internal static class MountFlagDescription
{
    public static JsonObject Of(MountPoint mount)
    {
        var described = new JsonObject { ["Type"] = mount.Kind.ToString().ToLowerInvariant() };
        if (Source(mount) is { Length: > 0 } source) described["Source"] = source;
        described["Target"] = mount.Target;
        if (mount.ReadOnly) described["ReadOnly"] = true;
        if (mount.Kind == MountKind.Bind && BindOptions(mount) is { Count: > 0 } bind) described["BindOptions"] = bind;
        if (mount.Kind == MountKind.Volume && VolumeOptions(mount) is { Count: > 0 } volume) described["VolumeOptions"] = volume;
        if (mount.Kind == MountKind.Tmpfs && TmpfsOptions(mount) is { Count: > 0 } tmpfs) described["TmpfsOptions"] = tmpfs;
        return described;
    }

    private static string? Source(MountPoint mount) => mount.Kind != MountKind.Volume ? mount.Source : mount.IsAnonymous ? null : mount.Volume;

    private static JsonObject BindOptions(MountPoint mount)
    {
        var options = new JsonObject();
        if (mount.Propagation != "rprivate") options["Propagation"] = mount.Propagation;
        if (mount.NonRecursive) options["NonRecursive"] = true;
        return options;
    }

    private static JsonObject VolumeOptions(MountPoint mount)
    {
        var options = new JsonObject();
        if (mount.NoCopy) options["NoCopy"] = true;
        if (mount.VolumeLabels is not null) options["Labels"] = ImageDescription.Pairs(mount.VolumeLabels);
        var driver = new JsonObject();
        if (mount.IsDriverAsked) driver["Name"] = mount.Driver;
        if (mount.DriverOptions.Count > 0) driver["Options"] = ImageDescription.Pairs(mount.DriverOptions);
        if (driver.Count > 0) options["DriverConfig"] = driver;
        return options;
    }

    private static JsonObject TmpfsOptions(MountPoint mount)
    {
        var options = new JsonObject();
        foreach (var option in mount.Options.Select(option => option.Split('=', 2)))
        {
            if (option is ["size", var size]) options["SizeBytes"] = SizeText.Parse(size);
            if (option is ["mode", var mode]) options["Mode"] = Convert.ToInt32(mode, 8);
        }
        return options;
    }
}
