// Java's HttpsServer before a receiver of plain HTTP: Terminator.java BACKEND_PORT STORE.p12 PASSWORD VERSION
// VERSION: TLSv1.2 or TLSv1.3, no other is spoken.
// Invariant: says "listening PORT" once it can be reached.
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.FileInputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

public class Terminator {
    public static void main(String[] words) throws Exception {
        String backend = words[0];
        char[] password = words[2].toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new FileInputStream(words[1]), password);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        HttpsServer server = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters own = getSSLContext().getDefaultSSLParameters();
                own.setProtocols(new String[] { words[3] });
                parameters.setSSLParameters(own);
            }
        });
        HttpClient client = HttpClient.newHttpClient();
        server.createContext("/", exchange -> {
            try {
                byte[] body = exchange.getRequestBody().readAllBytes();
                HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + backend + exchange.getRequestURI()))
                    .version(HttpClient.Version.HTTP_1_1)
                    .header("Content-Type", exchange.getRequestHeaders().getFirst("Content-Type"))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
                HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
                exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
                byte[] back = answer.body();
                exchange.sendResponseHeaders(answer.statusCode(), back.length == 0 ? -1 : back.length);
                exchange.getResponseBody().write(back);
            } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
            } finally {
                exchange.close();
            }
        });
        server.start();
        System.out.println("listening " + server.getAddress().getPort());
    }
}
