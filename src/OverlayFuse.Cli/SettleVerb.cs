using System.CommandLine;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse settle [--for-kernel|--plain] UPPER".</summary>
internal static class SettleVerb
{
    public static Command Create()
    {
        var arguments = new StackArguments();
        var forKernel = new Option<bool>("--for-kernel") { Description = "For kernel overlayfs (the default): with metacopy=on,redirect_dir=on for root, with userxattr for others." };
        var plain = new Option<bool>("--plain")
        {
            Description = "For programs that know only whiteouts and opaque marks, such as fuse-overlayfs: every moved directory and changed file gets all of its contents.",
        };
        var command = new Command("settle", "Bring the upper of a union that is not mounted into a form that others read.") { forKernel, plain };
        arguments.AddTo(command);
        command.SetAction(result =>
        {
            if (result.GetValue(forKernel) && result.GetValue(plain)) throw new MountException("--for-kernel and --plain contradict each other. Choose one.");
            return Run(arguments.Stack(result), result.GetValue(plain) ? SettleForm.Plain : SettleForm.ForKernel);
        });
        return command;
    }

    private static int Run(UnionOptions union, SettleForm form)
    {
        _ = Syscall.Umask(0); // what is copied has the mode of what it is copied from
        SettleReport report;
        using (var line = new ProgressLine())
            report = Settlement.Run(union, form, line.For<SettleReport>(now => $"{now.Visited} objects seen, {now.Files} files and {now.Directories} directories brought up"));
        foreach (var problem in report.Problems) Terminal.Say($"cannot settle {ByteText.Show(problem.Path)}: {problem.Reason}.");
        if (report.IsSettled)
        {
            Terminal.Print($"settled: {Count(report.Directories, "moved directory", "moved directories")} and {Count(report.Files, "file", "files")} with all their " +
                $"contents, {Count(report.Links, "name", "names")} linked, {Count(report.Removed, "needless mark or whiteout", "needless marks and whiteouts")} " +
                "removed\n");
            return 0;
        }
        Terminal.Say("The union is the same as before, and all else is settled; what is not settled stays fenced. Settle again when the causes are gone.");
        return 1;
    }

    private static string Count(long number, string one, string many) => number == 1 ? $"1 {one}" : $"{number} {many}";
}
