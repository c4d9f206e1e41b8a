namespace OverlayFuse.Linux;

/// <summary>The numbers of signals (signal(7)) on every architecture that .NET runs on.</summary>
public static class Signal
{
    public const int Kill = 9;

    /// <summary>SIGUSR1.</summary>
    public const int User1 = 10;

    public const int BrokenPipe = 13;
    public const int Terminate = 15;

    /// <summary>SIGCHLD.</summary>
    public const int Child = 17;

    /// <summary>SIGURG: who does not wait for it does not notice it.</summary>
    public const int Urgent = 23;

    /// <summary>SIGXFSZ: a write beyond the limit on file sizes.</summary>
    public const int FileSizeExceeded = 25;

    /// <summary>SIGWINCH.</summary>
    public const int WindowChanged = 28;

    /// <summary>SIGIO.</summary>
    public const int InputOutput = 29;
}
