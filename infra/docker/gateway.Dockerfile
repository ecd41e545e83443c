# Built from the root of the repository: docker build -f infra/docker/gateway.Dockerfile .
# Exact versions: a new one is a change like any other. Where builds have to repeat byte by byte, name digests.
FROM mcr.microsoft.com/dotnet/sdk:10.0.401 AS build
WORKDIR /source
COPY . .
RUN dotnet publish services/gateway/Cloudkeeper.Gateway -c Release -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0.12
WORKDIR /app
COPY --from=build /app .
ENV Hosting__DrainTime=00:00:02
USER $APP_UID
ENV ASPNETCORE_URLS=http://+:7100
EXPOSE 7100
# The image has bash, but no curl: the request is written by hand.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["bash", "-c", \
  "exec 3<>/dev/tcp/127.0.0.1/7100 && printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3 && grep -q '^HTTP/1.1 200' <&3"]
ENTRYPOINT ["dotnet", "Cloudkeeper.Gateway.dll"]
