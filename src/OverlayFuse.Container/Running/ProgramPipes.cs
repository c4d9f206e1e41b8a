using System.Diagnostics;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The streams of a program that exec runs without a terminal. As docker has it they are pipes, whatever ours are.</summary>
/// <remarks>So what the runtime says on the stream that it shares with the program can be told from the program's words: where that never began, nothing is carried on.</remarks>
internal sealed class ProgramPipes
{
    // As long as docker waits for what a process that was left in the background may write yet.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private const int Capacity = 1 << 16; // of a pipe, pipe(7)

    private readonly Attachment _ours;
    private readonly Fd _output;
    private readonly Fd _errors = Fd.None; // where ours are two
    private readonly Fd _typed;

    /// <param name="withInput">What comes on our standard input is for the program; else it gets ours as it is.</param>
    public ProgramPipes(Attachment ours, bool withInput)
    {
        var (input, typed) = (ours.Input, Fd.None);
        if (withInput) Check(Syscall.Pipe(out input, out typed));
        Check(Syscall.Pipe(out _output, out var output));
        var errors = Fd.None;
        if (IsOne(ours)) Check(Syscall.Duplicate(output, out errors)); // in one pipe its words keep their order
        else Check(Syscall.Pipe(out _errors, out errors));
        (_ours, _typed, Theirs) = (ours, typed, new Attachment(input, output, errors));
    }

    /// <summary>A sentence on why we could not write all of what was carried; null: we could.</summary>
    public string? Failure { get; private set; }

    /// <summary>The program's side.</summary>
    public Attachment Theirs { get; }

    /// <summary>Carries on what the program writes, until <paramref name="ended"/> is over and a moment longer.</summary>
    /// <param name="stopped">Over when we are to end though what has been written is not yet taken.</param>
    /// <param name="held">Gets a stream that somebody else still writes to.</param>
    /// <returns>False: nobody takes our output any more.</returns>
    public bool Carry(Task ended, Task stopped, Action<Fd> held)
    {
        Theirs.Output.Close(); // else their end would never come
        Theirs.Error.Close();
        if (_typed.IsOpen)
        {
            Theirs.Input.Close(); // the other is ours to give
            InputPump.Start(_ours, _typed);
        }
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (Fd Pipe, OutputPump Pump) Stream(Fd pipe, Fd attached, string name) => (pipe, new OutputPump(pipe, attached, () => left.TrySetResult(), null, name));
        List<(Fd Pipe, OutputPump Pump)> streams = [Stream(_output, _ours.Output, "stdout")];
        if (_errors.IsOpen) streams.Add(Stream(_errors, _ours.Error, "stderr"));
        if (Task.WaitAny(ended, left.Task) == 1) return false;
        var (waited, most) = (Stopwatch.StartNew(), streams.ConvertAll(stream => stream.Pump.Carried + (2 * Capacity)));
        for (var i = 0; i < streams.Count; i++)
        {
            // All that the program has written comes out first, however slowly it is taken: it is in the pipe, or in our hands.
            while (!streams[i].Pump.Join(Step) && !left.Task.IsCompleted)
            {
                if (!stopped.IsCompleted && (waited.Elapsed < Patience || !(streams[i].Pump.IsIdle || streams[i].Pump.Carried >= most[i]))) continue;
                held(streams[i].Pipe);
                break;
            }
        }
        Failure = streams.Find(stream => stream.Pump.Failure is not null).Pump?.Failure;
        return !left.Task.IsCompleted;
    }

    private static bool IsOne(Attachment ours) =>
        Syscall.Stat(ours.Output, out var output) == Errno.None && Syscall.Stat(ours.Error, out var errors) == Errno.None && (output.Device, output.Inode) == (errors.Device, errors.Inode);

    private static void Check(Errno error)
    {
        if (error != Errno.None) throw new RefusedException($"cannot make the pipes of the program: {error.Describe()}.", 125);
    }
}
