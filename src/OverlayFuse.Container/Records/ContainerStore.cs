using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The containers that are here: containers/ID/{container.json,state.json,lock,control,...} and their layers.</summary>
/// <remarks>Locks, in this order: image/lock, containers/lock (names), containers/ID/turn, containers/ID/lock (held by the supervisor while it lives), containers/ID/users, volumes/lock.</remarks>
public sealed class ContainerStore(StateDirectory state)
{
    // With a command that uses the files of a container: it may be waiting for us.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public StateDirectory State => state;

    public LayerStore Layers { get; } = new(state);

    /// <summary>Held while names are given or taken.</summary>
    public StateLock Lock() => StateLock.Take(Path.Combine(state.Containers, "lock"));

    /// <summary>The newest first.</summary>
    public List<StoredContainer> All() =>
        [.. Directory.EnumerateDirectories(state.Containers).Select(path => Read(Path.GetFileName(path))).OfType<StoredContainer>().OrderByDescending(container => container.Record.Created)];

    /// <summary>By id, name, or the first digits of an id.</summary>
    /// <exception cref="RefusedException">The digits fit several.</exception>
    public StoredContainer? Find(string name)
    {
        if (name.StartsWith('/')) name = name[1..];
        if (name.Length == 64 && Read(name) is { } exact) return exact;
        var all = All();
        if (all.Find(container => container.Record.Name == name) is { } named) return named;
        var fitting = name.Length == 0 ? [] : all.FindAll(container => container.Id.StartsWith(name, StringComparison.Ordinal));
        return fitting.Count <= 1 ? fitting.FirstOrDefault() : throw new RefusedException($"Multiple IDs found with provided prefix: {name}");
    }

    /// <exception cref="RefusedException">There is none.</exception>
    public StoredContainer Get(string name) => Find(name) ?? throw new RefusedException($"No such container: {name}");

    /// <summary>Makes its directories and layers. Nothing is mounted.</summary>
    public StoredContainer Create(ContainerRecord record)
    {
        var directory = Path.Combine(state.Containers, record.Id);
        Layers.CreateWritable(record.InitLayerId, record.Layers);
        InitLayer.Fill(Layers.DiffOf(record.InitLayerId));
        Layers.CreateWritable(record.LayerId, record.Lowers);
        Directory.CreateDirectory(directory);
        var error = Syscall.MknodAt(DirFd.Cwd, Encoding.UTF8.GetBytes(Path.Combine(directory, "control")), (uint)FileType.Fifo | Mode.OwnerReadWrite, 0, 0);
        if (error != Errno.None) throw new RefusedException($"cannot make {directory}/control: {error.Describe()}.", 125);
        File.Create(Path.Combine(directory, "users")).Dispose(); // by now: it can be taken on a full disk, too
        WriteState(directory, new ContainerState());
        StateLock.Take(Path.Combine(directory, "lock")).Dispose(); // makes it: from here on nobody does
        Save(directory, record); // last: it makes the directory a container
        return Read(record.Id) ?? throw new RefusedException($"{directory} was removed while it was made.", 125);
    }

    /// <summary>For another name. Under <see cref="Lock"/>.</summary>
    public void Rename(StoredContainer container, string name)
    {
        container.Record.Name = name;
        Save(container.Directory, container.Record);
    }

    /// <summary>Removes one that nobody serves, with its layers.</summary>
    public void Remove(StoredContainer container)
    {
        File.Delete(Path.Combine(container.Directory, "container.json")); // first: what is left then is no container
        Layers.Remove(container.Record.LayerId);
        Layers.Remove(container.Record.InitLayerId);
        Discard(container.Directory);
    }

    /// <summary>Takes away directories and layers of no container: what killed commands have left. Under <see cref="Lock"/>, under which containers are made.</summary>
    public void SweepRemains()
    {
        var owned = All().SelectMany(container => new[] { container.Record.LayerId, container.Record.InitLayerId }).ToHashSet();
        foreach (var path in Directory.EnumerateDirectories(state.Overlay).Where(path => Directory.Exists(Path.Combine(path, "work"))).ToList()) // an image's layer has none
        {
            if (!owned.Contains(Path.GetFileName(path))) Layers.Remove(Path.GetFileName(path));
        }
        foreach (var directory in Directory.EnumerateDirectories(state.Containers).Where(path => !File.Exists(Path.Combine(path, "container.json"))).ToList()) Discard(directory);
    }

    // Away first: who still has its name makes nothing in it while it is emptied.
    private void Discard(string directory)
    {
        if (!Directory.Exists(directory)) return;
        var temporary = state.NewTemporary();
        Directory.Move(directory, temporary);
        LayerStore.Discard(temporary);
    }

    public static void WriteState(string directory, ContainerState newState) =>
        AtomicFile.Write(Path.Combine(directory, "state.json"), JsonSerializer.SerializeToUtf8Bytes(newState, ContainerJson.Default.ContainerState));

    /// <summary>Null where there is none, or only what is left of one.</summary>
    public StoredContainer? Read(string id)
    {
        var directory = Path.Combine(state.Containers, id);
        if (Parse(Path.Combine(directory, "container.json"), ContainerJson.Default.ContainerRecord) is not { } record) return null;
        var isServed = StateLock.IsHeld(Path.Combine(directory, "lock")); // before the state is read: it is written before the lock is given up
        return new StoredContainer(record, Parse(Path.Combine(directory, "state.json"), ContainerJson.Default.ContainerState) ?? new ContainerState(), directory, isServed);
    }

    /// <summary>The lock of who serves a container; null: another does.</summary>
    public static StateLock? Serve(StoredContainer container)
    {
        const int maxTries = 50;
        for (var tries = 0; ; tries++)
        {
            var held = TryServe(container);
            if (held is not null || tries == maxTries) return held;
            Thread.Sleep(10); // whoever looks whether it is held holds it for a moment
        }
    }

    /// <summary>The same at once, though somebody only looks.</summary>
    public static StateLock? TryServe(StoredContainer container) =>
        File.Exists(container.LockPath) || !File.Exists(Path.Combine(container.Directory, "container.json"))
            ? StateLock.TryTakeExisting(container.LockPath)
            : StateLock.TryTake(container.LockPath); // of one that another version made, and nobody started

    /// <summary>Waits while it is being started, cleaned up, or used by another command: it runs then, or nobody serves it.</summary>
    /// <exception cref="RefusedException">It was removed meanwhile, or the other command does not end.</exception>
    public StoredContainer Settled(StoredContainer container) => TrySettle(container) ?? Get(container.Id);

    /// <summary>The same; null: it was removed meanwhile.</summary>
    /// <exception cref="RefusedException">The other command does not end: it may be waiting for us, at the other end of a pipe.</exception>
    public StoredContainer? TrySettle(StoredContainer container)
    {
        var used = Stopwatch.StartNew();
        for (var now = container; ; now = Read(container.Id))
        {
            if (now is not { IsServed: true, IsRunning: false }) return now;
            if (!ContainerUsers.AreThere(now)) used.Restart();
            if (used.Elapsed > Patience) throw new RefusedException($"another command, such as cp or export, is using the files of container {now.Record.Name}. Try again when it has ended.");
            Thread.Sleep(20);
        }
    }

    private static void Save(string directory, ContainerRecord record) =>
        AtomicFile.Write(Path.Combine(directory, "container.json"), JsonSerializer.SerializeToUtf8Bytes(record, ContainerJson.Default.ContainerRecord));

    private static T? Parse<T>(string path, JsonTypeInfo<T> type) where T : class
    {
        if (AtomicFile.Read(path) is not { } text) return null;
        try
        {
            return JsonSerializer.Deserialize(text, type);
        }
        catch (JsonException)
        {
            throw new RefusedException($"{path} is damaged. Remove its directory, and the container with it.");
        }
    }
}
