using System.CommandLine;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse container VERB": the same verbs under the noun.</summary>
internal static class ContainerVerbs
{
    public static Command Create() => new("container", "Manage containers.")
    {
        RunVerb.Create(),
        CreateVerb.Create(),
        StartVerb.Create(),
        StopVerb.Create(),
        RestartVerb.Create(),
        KillVerb.Create(),
        ExecVerb.Create(),
        PsVerb.Create("ls", "list", "ps"),
        LogsVerb.Create(),
        WaitVerb.Create(),
        RemoveVerb.Create(),
        RenameVerb.Create(),
        DiffVerb.Create(),
        CommitVerb.Create(),
        ExportVerb.Create(),
        CopyVerb.Create(),
        PortVerb.Create(),
        TopVerb.Create(),
        PruneContainersVerb.Create(),
        InspectVerb.Create("container"),
    };
}
