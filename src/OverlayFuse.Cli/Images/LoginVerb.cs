using System.CommandLine;
using System.Net;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse login -u NAME --password-stdin SERVER" and "logout SERVER": kept where docker keeps it.</summary>
internal static class LoginVerb
{
    private const string Usual = "docker.io";

    public static Command Create()
    {
        var server = new Argument<string?>("SERVER") { Description = "Host and port of the registry (default: docker.io).", Arity = ArgumentArity.ZeroOrOne };
        var user = new Option<string>("--username", "-u") { Required = true, Description = "The name there." };
        var password = new Option<string>("--password", "-p") { Description = "The password; everybody can see it in the list of processes." };
        var fromInput = new Option<bool>("--password-stdin") { Description = "The password is the first line of standard input." };
        var command = new Command("login", "Keep name and password for a registry, in docker's config.json.") { server, user, password, fromInput };
        command.SetAction(result =>
        {
            var host = result.GetValue(server) is { } given ? ByteText.Text(given) : Usual;
            var secret = result.GetValue(fromInput) ? Console.In.ReadLine() : result.GetValue(password) is { } shown ? ByteText.Text(shown) : null;
            if (string.IsNullOrEmpty(secret)) throw new RefusedException("there is no password. Give it on standard input, with --password-stdin.");
            var both = $"{ByteText.Text(result.GetRequiredValue(user))}:{secret}";
            using var client = new RegistryClient(new RegistryName(host, "", RegistryName.AddressOf(host)), both);
            using var answer = client.Send(() => new HttpRequestMessage(HttpMethod.Get, client.Name.Address + "/v2/"));
            if (answer.StatusCode != HttpStatusCode.OK) throw client.Unexpected("log in", answer);
            RegistryCredentials.OfUser().Put(host, both);
            Terminal.Print("Login Succeeded\n");
            return 0;
        });
        return command;
    }

    public static Command CreateLogout()
    {
        var server = new Argument<string?>("SERVER") { Description = "Host and port of the registry (default: docker.io).", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("logout", "Forget name and password for a registry.") { server };
        command.SetAction(result =>
        {
            var host = result.GetValue(server) is { } given ? ByteText.Text(given) : Usual;
            Terminal.Print(RegistryCredentials.OfUser().Remove(host) ? $"Removing login credentials for {host}\n" : $"Not logged in to {host}\n");
            return 0;
        });
        return command;
    }
}
