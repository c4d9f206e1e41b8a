using OverlayFuse.Fuse;

namespace OverlayFuse.Cli;

/// <summary>Which files of a container tool lead it to us, and what it has to be told afterwards.</summary>
/// <param name="Next">What is left to do, for people.</param>
/// <param name="NextAfterRemoval">The same, when all is as it was before us.</param>
internal sealed record ClientConfiguration(string Tool, IReadOnlyList<ConfigurationFile> Files, string Next, string NextAfterRemoval)
{
    /// <summary>Podman, Buildah and others that use containers/storage.</summary>
    public static ClientConfiguration Podman(bool user, string program)
    {
        var path = Environment.GetEnvironmentVariable("CONTAINERS_STORAGE_CONF") is { Length: > 0 } named ? named
            : user ? Path.Combine(Home("XDG_CONFIG_HOME", ".config"), "containers/storage.conf") : "/etc/containers/storage.conf";
        return new ClientConfiguration("Podman and Buildah",
            [new ConfigurationFile(path, text => StorageConf.Add(text, program, forAll: !user), StorageConf.Remove, Default: user ? null : "/usr/share/containers/storage.conf")],
            "Containers that run go on as they are; the next ones are mounted as it says there.",
            "Containers that run go on as they are; the next ones are mounted without us.");
    }

    /// <summary>The Docker engine: it looks for the name fuse-overlayfs in its PATH.</summary>
    public static ClientConfiguration Docker(bool user, string program)
    {
        var config = user ? Home("XDG_CONFIG_HOME", ".config") : "/etc";
        var directory = user ? Path.Combine(Home("XDG_DATA_HOME", ".local/share"), "overlayfuse/docker") : "/usr/local/lib/overlayfuse/docker";
        var unit = $"[Service]\nEnvironment=PATH={directory}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n";
        var restart = $"Start the engine again: systemctl {(user ? "--user " : "")}daemon-reload, then systemctl {(user ? "--user " : "")}restart docker. ";
        const string Drivers = "It shows the images and containers of one storage driver at a time; those of the other stay on disk.";
        return new ClientConfiguration("Docker",
        [
            new ConfigurationFile(Path.Combine(directory, DaemonJson.Driver), _ => program, IsLink: true, OwnDirectories: 2),
            new ConfigurationFile(Path.Combine(config, user ? "systemd/user" : "systemd/system", "docker.service.d/overlayfuse.conf"), _ => unit, OwnDirectories: 1),
            new ConfigurationFile(Path.Combine(config, "docker/daemon.json"), DaemonJson.Add, DaemonJson.Remove),
        ],
        $"{restart}(Without systemd, with {directory} first in the PATH of dockerd.) {Drivers}", restart + Drivers);
    }

    private static string Home(string variable, string below) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named
        ? named : Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? Path.Combine(home, below)
        : throw new MountException("cannot find your configuration: HOME is not set. Set it, or leave out --user.");
}
