namespace OverlayFuse.Image;

/// <summary>An image that is being built: what the instructions since FROM have made of it.</summary>
/// <param name="name">Behind AS; null where there is none.</param>
/// <param name="parent">Null: FROM scratch.</param>
public sealed class BuildStage(string? name, StoredImage? parent)
{
    private readonly List<LayerRecord> _layers = [.. parent?.Record.Layers ?? []];
    private readonly List<HistoryEntry> _added = [];
    private bool _hasCommand;
    private string? _author;

    public string? Name => name;

    public ContainerConfig Config { get; } = WithPath(parent?.Config.Config?.Copy() ?? new ContainerConfig());

    /// <summary>Build arguments of this stage, in the order of their ARG.</summary>
    public List<(string Name, string? Value)> Arguments { get; } = [];

    public IReadOnlyList<string> Shell => Config.Shell ?? ConfigChange.UsualShell;

    /// <summary>FROM scratch, and nothing behind it.</summary>
    public bool IsNothing => parent is null && _added.Count == 0;

    public IReadOnlyList<LayerRecord> Layers => _layers;

    /// <summary>A variable: what ENV says goes before what ARG says.</summary>
    public string? Variable(string variable) => ConfigChange.Variable(Config, variable) ?? Arguments.FindLast(argument => argument.Name == variable).Value;

    /// <summary>As an image that is not kept. Its id is that of all steps so far.</summary>
    public StoredImage Passing() => _added.Count == 0 && parent is not null ? parent : DerivedImage.Passing(parent?.Config, _layers, Config, _added);

    /// <summary>An instruction that changes the configuration.</summary>
    public void Configure(Instruction instruction, ShellWords words)
    {
        switch (instruction.Keyword)
        {
            case "SHELL":
                Config.Shell = ConfigChange.JsonList(instruction.Text) ?? throw new RefusedException("SHELL requires the arguments to be in JSON form");
                return;
            case "MAINTAINER":
                _author = instruction.Text;
                return;
            case "HEALTHCHECK":
                Config.Healthcheck = Healthcheck.Parse(instruction);
                return;
        }
        ConfigChange.Apply(Config, instruction.Keyword, instruction.Text, words, Shell);
        if (instruction.Keyword == "CMD") _hasCommand = true;
        if (instruction.Keyword == "ENTRYPOINT" && !_hasCommand) Config.Cmd = null; // the parent's arguments were for the parent's program
    }

    /// <summary>A step is done.</summary>
    public void Add(string createdBy, CachedStep step)
    {
        if (step.Layer is not null) _layers.Add(step.Layer);
        _added.Add(new HistoryEntry { Created = step.Created, CreatedBy = createdBy, EmptyLayer = step.Layer is null, Author = _author });
    }

    // As docker has it, from nothing too: "ENV PATH=/x:$PATH" means something everywhere.
    private static ContainerConfig WithPath(ContainerConfig config)
    {
        if (ConfigChange.Variable(config, "PATH") is null) ConfigChange.SetEnvironment(config, "PATH", ConfigChange.UsualPath);
        return config;
    }

    /// <summary>Keeps it. Under the lock of the store.</summary>
    /// <exception cref="RefusedException">A layer went while it was built.</exception>
    public StoredImage Keep(ImageStore store)
    {
        if (store.FirstGone(_layers) is { } gone) throw new RefusedException($"the layer {gone.DiffId} was removed while the image was built. Build again.");
        return DerivedImage.Keep(store, Passing());
    }
}
