using System.Globalization;

namespace OverlayFuse.Union.Tests;

/// <summary>The assembly as a program, which tests start where one process is not enough.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments is [RacerProcess.Verb, var number, var root]) return RacerProcess.Run(int.Parse(number, CultureInfo.InvariantCulture), root);
        Console.Error.WriteLine("started by the tests only; they are run by dotnet test");
        return 2;
    }
}
