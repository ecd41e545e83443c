namespace Cloudkeeper.Hosting.Security;

/// <summary>The settings of the cluster key.</summary>
internal static class ClusterKeySettings
{
    public const string NoKey = "none";

    /// <summary>One command to make a key file.</summary>
    private const string HowToMakeOne = "(umask 077; openssl rand -base64 32 > cluster.key)";

    /// <param name="listening">Where this process is to listen.</param>
    /// <param name="user">For a process on loopback that has no key in its settings.</param>
    /// <exception cref="ClusterKeyException">They contradict each other, or there is no usable key.</exception>
    public static ClusterAccess Read(HostingOptions options, IReadOnlyList<string> listening, UserClusterKey user) =>
        (options.ClusterKey.IsEmpty, options.ClusterKeyFile.Length > 0) switch
        {
            (false, true) => throw new ClusterKeyException("Hosting:ClusterKey and Hosting:ClusterKeyFile are both set: set one of them."),
            (false, false) => Parse(options),
            (true, true) => Given(ClusterKeyFile.Read(options.ClusterKeyFile), options),
            _ => OfUser(options, listening, user),
        };

    private static ClusterAccess Given(ClusterKey key, HostingOptions options) => new(key) { IsRequired = options.ClusterKeyRequired };

    /// <summary>The text that was given is not repeated: it may be a key with a typing error.</summary>
    private static ClusterAccess Parse(HostingOptions options)
    {
        var text = options.ClusterKey.Reveal();
        return text == NoKey
            ? ClusterAccess.Open
            : Given(
                ClusterKey.TryParse(text) ?? throw new ClusterKeyException(
                    $"Hosting:ClusterKey is not the base64 of {ClusterKey.Length} bytes, as openssl rand -base64 {ClusterKey.Length} "
                    + $"writes it, nor {NoKey}."),
                options);
    }

    private static ClusterAccess OfUser(HostingOptions options, IReadOnlyList<string> listening, UserClusterKey user)
    {
        if (listening.FirstOrDefault(url => !ListeningAddresses.IsLoopback(url)) is { } open)
        {
            throw new ClusterKeyException(
                $"This process is to listen on {open}, which other machines may reach, and has no cluster key. Make a file with "
                + $"{HowToMakeOne}, give it to all nodes, gateways and proxies of the cluster, and name it with "
                + $"Hosting:ClusterKeyFile; or set Hosting:ClusterKey. Hosting:ClusterKey={NoKey} accepts every caller.");
        }

        var (path, key) = user.ReadOrCreate();
        return new ClusterAccess(key) { IsRequired = options.ClusterKeyRequired, UserFile = path };
    }
}
