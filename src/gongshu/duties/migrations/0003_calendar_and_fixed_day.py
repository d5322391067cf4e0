from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('duties', '0002_stops_and_history'),
    ]

    operations = [
        migrations.AddField(
            model_name='duty',
            name='calendar',
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name='duty',
            name='fixed_on',
            field=models.DateField(blank=True, null=True),
        ),
    ]
